// The route table is that of route_table.ts. And what holds for all routes: no token, no handler;
// no second spelling of a path; no method but the table's.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { createRouter } from "../src/http/router.ts"
import { type RouteParts, routes } from "../src/routes.ts"
import type { Sessions } from "../src/service/sessions.ts"
import { guardedRoutes } from "./api/token_rows.ts"
import { table } from "./route_table.ts"
import { makeRequest } from "./support/http_request.ts"
import { createTestService } from "./support/test_service.ts"

const all = table.map((row) => {
  const [method = "", route = "", ...access] = row.replace(", body", "").split(" ")
  const path = route.replace(/\{s?id\}/, "AAAAAAAAAAAAAAAAAAAAAA")
  return { method, route, path, access: access.join(" ") }
})
const guarded = all.filter(({ access }) => access !== "anyone")
const gets = all.filter(({ method }) => method === "GET")
const nothingThere = { error: "not_found", msg: "There is nothing at this path" }
const unauthorized = { error: "missing_token", msg: "Missing Authorization Header" }

/** What a good token and nothing else is answered, where that is not 200. */
const statuses: Readonly<Record<string, number>> = {
  "DELETE /sessions": 204,
  "DELETE /sessions/{sid}": 404,
  "POST /password": 415,
  "POST /mfa/totp/confirm": 415,
  "POST /mfa/passkeys": 415,
  "POST /mfa/recovery": 404,
  "DELETE /mfa/{id}": 404,
}

const issuer = "https://login.example.org"

/** Parts that fail the test when a handler comes to use them. */
function untouchableParts(): RouteParts {
  const touched = () => assert.fail("A handler ran")
  const sessions = {
    logIn: touched,
    refresh: touched,
    authenticate: touched,
    logOut: touched,
    isRefreshToken: touched,
    list: touched,
    end: touched,
    endOthers: touched,
    changePassword: touched,
    revocations: touched,
  } as unknown as Sessions
  const parts = { sessions, machine: touched, factors: touched, register: touched, issuer }
  return { ...parts, publicKeys: touched, isReady: touched }
}

/** A service with all routes. */
function createService(t: TestContext) {
  return createTestService(t, { registration: true })
}

/** The same, in which alice has logged in. */
async function loggedInService(t: TestContext) {
  const service = await createService(t)
  return { ...service, token: await service.logIn("alice", "wonderland") }
}

/** The rows of these parts, as the table has them. */
function rowsOf(parts: RouteParts): readonly string[] {
  return routes(parts)
    .flat()
    .map(
      ([method, path, { access, takesBody }]) =>
        `${method} ${path} ${access}${takesBody ? ", body" : ""}`,
    )
}

test("routes() have the access rules of this list", () => {
  assert.deepEqual(rowsOf(untouchableParts()), table)
})

test("routes() has no /register where people may not make their own account", async (t) => {
  const rows = rowsOf({ ...untouchableParts(), register: null })
  assert.deepEqual(
    rows,
    table.filter((row) => !row.includes("/register")),
  )
  const { call, log, store } = await createTestService(t)
  log.takeNames()
  const json = { username: "carol", password: "korrekt-pferd-batterie" }
  for (const method of ["POST", "GET", "OPTIONS"]) {
    const reply = await call(method, "/register", method === "POST" ? { json } : {})
    assert.equal(reply.status, 404)
    assert.deepEqual(JSON.parse(reply.body), nothingThere)
  }
  assert.deepEqual([log.takeNames(), await store.users.count()], [[], 2])
})

const metadataPath = "/.well-known/oauth-authorization-server"

test("routes() has the metadata of an issuer with a path at both its addresses", () => {
  const parts = { ...untouchableParts(), issuer: "http://postern:8080/team/log.in" }
  const added = rowsOf(parts).filter((row) => !table.includes(row))
  assert.deepEqual(added, [`GET ${metadataPath}/team/log.in anyone`])
})

test("routes() has no metadata with a shared secret", () => {
  const rows = rowsOf({ ...untouchableParts(), issuer: null })
  assert.deepEqual(
    rows,
    table.filter((row) => !row.includes(metadataPath)),
  )
})

test("routes() guards what the rows of test/api send tokens to, and nothing else", () => {
  assert.deepEqual(
    guarded.map(({ method, route }) => `${method} ${route}`),
    guardedRoutes,
  )
})

for (const { method, path, route } of guarded) {
  test(`${method} ${route} without a token answers 401 and runs no handler`, async (t) => {
    const { call, log } = await createService(t)
    log.takeNames()
    for (const verb of method === "GET" ? ["GET", "HEAD"] : [method]) {
      const reply = await call(verb, path)
      assert.equal(reply.status, 401)
      assert.equal(reply.headers["WWW-Authenticate"], 'Bearer realm="postern"')
      assert.deepEqual(JSON.parse(reply.body), unauthorized)
    }
    const match = createRouter(routes(untouchableParts()).flat())(method, path)
    assert.ok(match.kind === "found")
    // A handler that ran would answer, or touch what must not be touched.
    const reply = await match.handler.handle(makeRequest({ method, path }), match)
    assert.deepEqual([reply.status, JSON.parse(String(reply.body))], [401, unauthorized])
    assert.deepEqual(log.takeNames(), [])
  })

  test(`${method} ${route} takes a token from nowhere but the Authorization header`, async (t) => {
    const { call, token } = await loggedInService(t)
    const form = { "content-type": "application/x-www-form-urlencoded" }
    const replies = [
      await call(method, `${path}?access_token=${token}&jwt=${token}&token=${token}`),
      await call(method, path, { headers: form, body: `access_token=${token}` }),
      await call(method, path, { json: { access_token: token, refresh_token: token } }),
      await call(method, path, { headers: { cookie: `access_token_cookie=${token}` } }),
      await call(method, path, {
        headers: { "x-access-token": token, "proxy-authorization": token },
      }),
    ]
    for (const { status, body } of replies) {
      assert.equal(status, 401)
      assert.deepEqual(JSON.parse(body), unauthorized)
    }
    const { status } = await call(method, path, { token })
    assert.equal(status, statuses[`${method} ${route}`] ?? 200)
  })

  test(`${method} ${route} under any other spelling is not found`, async (t) => {
    const { call, token } = await loggedInService(t)
    for (const spelling of otherSpellings(path).filter((one) => !isIdPath(one))) {
      for (const options of [{}, { token }]) {
        const { status, body } = await call(method, spelling, options)
        assert.equal(status, 404, spelling)
        assert.deepEqual(JSON.parse(body), nothingThere, spelling)
      }
    }
  })
}

// A segment after /sessions/ is a sid, whatever it looks like, and never walks up or down.
test("DELETE /sessions/{sid} treats dots as an unknown sid", async (t) => {
  const { call, token } = await loggedInService(t)
  for (const path of otherSpellings("/sessions/x").filter(isIdPath)) {
    assert.equal((await call("DELETE", path)).status, 401)
    const { status, body } = await call("DELETE", path, { token })
    assert.equal(status, 404, path)
    assert.deepEqual(JSON.parse(body), { error: "not_found", msg: "You have no such session" })
    assert.equal((await call("GET", path, { token })).status, 405)
  }
})

for (const { path, access } of gets) {
  test(`HEAD ${path} answers like GET`, async (t) => {
    const { call, token } = await loggedInService(t)
    for (const options of access === "anyone" ? [{}] : [{}, { token: "bad" }, { token }]) {
      const [head, get] = [await call("HEAD", path, options), await call("GET", path, options)]
      assert.equal(head.status, get.status)
      assert.deepEqual(head.headers, get.headers)
    }
  })
}

for (const path of new Set(all.map((row) => row.path))) {
  const methods = all.filter((row) => row.path === path).map((row) => row.method)
  const allow = [...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"]

  test(`OPTIONS ${path} answers 204 and the methods, without running a handler`, async (t) => {
    const { call, log } = await createService(t)
    log.takeNames()
    const reply = await call("OPTIONS", path, { headers: { origin: "https://evil.example" } })
    assert.deepEqual(reply, {
      status: 204,
      headers: { Allow: allow.join(", "), "Cache-Control": "no-store" },
      body: "",
    })
    assert.deepEqual(log.takeNames(), [])
  })

  test(`${path} refuses every other method`, async (t) => {
    const { call, log, token } = await loggedInService(t)
    log.takeNames()
    const verbs = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY", "FOO", "get"]
    for (const verb of verbs.filter((one) => !allow.includes(one))) {
      const headers = { "x-http-method-override": methods[0] ?? "" }
      const reply = await call(verb, path, { token, headers })
      assert.equal(reply.status, 405, verb)
      assert.equal(reply.headers["Allow"], allow.join(", "))
      assert.deepEqual(JSON.parse(reply.body), {
        error: "method_not_allowed",
        msg: `The methods here are ${allow.join(", ")}`,
      })
    }
    assert.deepEqual(log.takeNames(), [])
  })
}

test("an unknown path answers 404 as JSON, to every method", async (t) => {
  const { call, token } = await loggedInService(t)
  for (const method of ["GET", "HEAD", "POST", "OPTIONS", "DELETE", "TRACE"]) {
    for (const path of ["/nothing", "/", "", "*", "/__proto__", "/constructor", "/users.json"]) {
      const reply = await call(method, path, { token })
      assert.equal(reply.status, 404, `${method} ${path}`)
      assert.equal(reply.headers["Content-Type"], "application/json; charset=utf-8")
      assert.deepEqual(JSON.parse(reply.body), nothingThere)
    }
  }
})

/** Whether the last segment is an id, whatever it looks like: of a session, or of a factor. */
function isIdPath(path: string): boolean {
  return /^\/(?:sessions|mfa)\/[\w.~-]+$/.test(path)
}

// H-14 to H-19, of one path. None may contain `?`, which ends a path.
function otherSpellings(path: string): readonly string[] {
  const name = path.slice(1)
  const escaped = [...name].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join("")
  return [
    ...[`/${path}`, `${path}/`, `//${name}/`, `///${name}`, `${path}//`, `/${name}\\`, `\\${name}`],
    ...[`//evil${path}`, `/\\evil${path}`, `http://evil${path}`, `http://[::1`, name],
    ...[path.toUpperCase(), `/${name[0]?.toUpperCase()}${name.slice(1)}`],
    ...[`/${escaped}`, `/%${name.charCodeAt(0).toString(16)}${name.slice(1)}`, `/%2f${name}`],
    ...[
      `%2f${name}`,
      `/${escaped.replaceAll("%", "%25")}`,
      `${path}%2f`,
      `${path}%00`,
      `${path}%20`,
    ],
    ...[`${path}%zz`, `${path}%`, `${path}%ff%fe`, `/%c0%ae%c0%ae${path}`, `${path}%c0%af`],
    ...[
      `/.${path}`,
      `/x/..${path}`,
      `/..${path}`,
      `${path}/.`,
      `${path}/..`,
      `${path}.`,
      `${path}..`,
    ],
    ...[`/x/%2e%2e${path}`, `/%2e${path}`, `/..;${path}`, `/x/..%2f${name}`, `/login/..${path}`],
    ...[`${path};x=1`, `/;x=1${path}`, `${path};`, `${path}#`, `${path}#/livez`, `/livez#${path}`],
    ...[`/livez${path}`, `${path}/livez`, `${path}.json`, `${path},`, `${path}&x=1`, ` ${path}`],
    ...[
      `${path} `,
      `${path}\t`,
      `${path}\n`,
      `${path}\u0000`,
      `${path}\u200b`,
      `/ｐ${name.slice(1)}`,
    ],
  ]
}
