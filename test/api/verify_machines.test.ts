// The word `machine` of POSTERN_PROTECT: service tokens as Bearer and as the password of Basic, and
// who is asked for Basic.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { createLocalJWKSet, jwtVerify } from "jose"
import type { Reply } from "../../src/http/message.ts"
import { takeEvents } from "../support/api_scenario.ts"
import {
  anyUser,
  askAs,
  background,
  createProtectedService,
  loggedInBrowser,
  opening,
  proxyKinds,
  userIn,
} from "../support/protected_apps.ts"
import type { TestService, TestServiceOptions } from "../support/test_service.ts"

const dav = "https://dav.example.org/files"
const code = "https://code.example.org/x.git/info/refs?service=git-upload-pack"
const basicChallenge = 'Basic realm="postern", charset="UTF-8"'
const bearerChallenge = 'Bearer realm="postern"'

const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString("base64")}` })
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

async function withMachine(t: TestContext, options: TestServiceOptions = {}) {
  const service = await createProtectedService(t, options)
  const { token } = await service.serviceTokens.create({ name: "ci", roles: "reader" })
  takeEvents(service)
  return { service, token }
}

function challengeIn({ status, headers, body }: Reply): string {
  const error = body === "" ? "" : JSON.parse(body).error
  return `${status} ${error} ${headers["WWW-Authenticate"]}`
}

const notLoggedIn = `401 missing_token ${basicChallenge}`

for (const kind of proxyKinds) {
  test(`a service token reaches an app, as Bearer and by Basic: ${kind}`, async (t) => {
    const { service, token } = await withMachine(t)
    const ask = (url: string, headers: Record<string, string>, method = "GET") =>
      askAs(kind, service, { url, headers, method })
    assert.equal(challengeIn(await ask(dav, {}, "PROPFIND")), notLoggedIn)
    for (const sent of [bearer(token), basic(`ci:${token}`), basic(`CI:${token}`)]) {
      for (const method of ["GET", "PROPFIND", "POST"]) {
        const { status, headers } = await ask(dav, sent, method)
        assert.equal(status, 200, method)
        const { "X-Postern-Token": _token, ...identity } = headers
        assert.deepEqual(identity, {
          ...{ "Cache-Control": "no-store", "Remote-User": "svc:ci", "Remote-Groups": "reader" },
          ...{ "Remote-Name": "", "Remote-Email": "" },
        })
      }
    }
    assert.deepEqual(takeEvents(service), [])
    await service.serviceTokens.revoke("ci")
    takeEvents(service)
    assert.equal(
      challengeIn(await ask(dav, basic(`ci:${token}`))),
      `401 invalid_token ${basicChallenge}`,
    )
    const asBearer = await ask(dav, bearer(token))
    assert.equal(
      challengeIn(asBearer),
      `401 invalid_token ${bearerChallenge}, error="invalid_token"`,
    )
  })
}

test("wrong credentials by Basic are refused, asked for again, and explained in the log", async (t) => {
  const { service, token } = await withMachine(t)
  await service.serviceTokens.create({ name: "old", roles: "", expires: "1h" })
  const expired = await service.serviceTokens.create({ name: "gone", roles: "", expires: "1h" })
  service.clock.advance(3600)
  const rows: readonly (readonly [headers: Record<string, string>, reason: string])[] = [
    [basic("ci:pts_wrong"), "malformed"],
    [basic(`other:${token}`), "unknown_token"],
    [basic(`:${token}`), "unknown_token"],
    [basic(`svc:ci:${token}`), "type"],
    [basic(token), "malformed"],
    [basic(`ci:${token} `), "malformed"],
    [basic(`ci:pts_${"A".repeat(43)}`), "unknown_token"],
    [basic(`gone:${expired.token}`), "expired"],
    [{ authorization: "Basic" }, "malformed"],
    [{ authorization: "Basic !" }, "malformed"],
    [{ authorization: `Basic ${"A".repeat(8000)}` }, "malformed"],
  ]
  for (const [headers, reason] of rows) {
    service.log.events.splice(0)
    const reply = await askAs("proxy", service, { url: dav, headers })
    assert.equal(challengeIn(reply), `401 invalid_token ${basicChallenge}`, reason)
    assert.deepEqual(
      service.log.events.map((event) => event["reason"]),
      [reason],
    )
    assert.ok(!service.log.lines.join().includes(token.slice(4)))
  }
})

test("a person's password is never taken by Basic, and nobody looks at it", async (t) => {
  const { service } = await withMachine(t)
  const { store, lane } = service
  const before = lane.figures()
  const find = store.users.find.bind(store.users)
  const asked: string[] = []
  store.users.find = (username) => {
    asked.push(username)
    return find(username)
  }
  for (const sent of ["alice:wonderland", "bob:builder", "alice:", "alice:wrong"]) {
    for (const url of [dav, code, "https://photos.example.org/"]) {
      const { status } = await askAs("proxy", service, { url, headers: basic(sent) })
      assert.equal(status, 401, sent)
    }
  }
  assert.deepEqual(asked, [])
  assert.deepEqual(lane.figures(), before)
  assert.deepEqual(await store.failures.find("alice"), null)
  assert.deepEqual(takeEvents(service), [])
})

test("a browser never gets a challenge by Basic", async (t) => {
  const { service, token } = await withMachine(t)
  const ofBrowser: readonly Record<string, string>[] = [
    background,
    { "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image", "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "none" },
    { cookie: "theme=dark" },
    { origin: "https://evil.example" },
    { referer: "https://evil.example/" },
    { "x-requested-with": "XMLHttpRequest" },
    { "upgrade-insecure-requests": "1" },
  ]
  for (const headers of ofBrowser) {
    for (const credentials of [{}, basic("ci:wrong"), basic(`other:${token}`)]) {
      const reply = await askAs("proxy", service, {
        url: dav,
        headers: { ...headers, ...credentials },
      })
      assert.equal(reply.status, 401)
      assert.match(String(reply.headers["WWW-Authenticate"]), /^Bearer /, JSON.stringify(headers))
    }
  }
  // One that opens a page comes to the login page, also with Basic of the app's own.
  for (const headers of [opening, { accept: "text/html" }, { ...opening, ...basic("x:y") }]) {
    const { status, headers: said } = await askAs("proxy", service, { url: dav, headers })
    assert.deepEqual([status, said["WWW-Authenticate"]], [302, undefined])
  }
})

test("hosts without the word take no service token, and ask nobody for Basic", async (t) => {
  const { service, token } = await withMachine(t)
  const found: string[] = []
  service.store.serviceTokens.findByHash = async (hash) => {
    found.push(hash)
    return null
  }
  for (const url of ["https://photos.example.org/", "https://git.example.org/x"]) {
    for (const headers of [{}, basic(`ci:${token}`), bearer(token)]) {
      const reply = await askAs("proxy", service, { url, headers })
      assert.equal(reply.status, 401)
      assert.match(String(reply.headers["WWW-Authenticate"]), /^Bearer /)
    }
  }
  // `bearer` without `machine`: the reply says why.
  const { body } = await askAs("proxy", service, {
    ...{ url: "https://git.example.org/x", headers: bearer(token) },
  })
  const msg = "Service tokens are not accepted here"
  assert.deepEqual(JSON.parse(body), { error: "invalid_token", msg })
  assert.deepEqual(found, [])
})

test("people come in beside machines as ever: by cookie, and by a token where the line says bearer", async (t) => {
  const { service, token } = await withMachine(t)
  const browser = await loggedInBrowser(service)
  assert.equal(userIn((await browser.open(dav)).reply), "alice")
  const both = await browser.ask(dav, { headers: { ...background, ...basic(`ci:${token}`) } })
  assert.equal(userIn(both), "alice", "the cookie comes first")
  const access = await service.logIn("alice", "wonderland")
  const asked = (url: string, headers: Record<string, string>) =>
    askAs("proxy", service, { url, headers })
  assert.equal(userIn(await asked(code, bearer(access))), "alice")
  assert.equal(userIn(await asked(code, bearer(token))), "svc:ci")
  // Without `bearer` the app may have bearer tokens of its own, which Postern does not judge.
  for (const own of [access, "an app's own", "x y"]) {
    assert.equal(challengeIn(await asked(dav, bearer(own))), notLoggedIn)
  }
  assert.equal((await asked(dav, bearer(`${token} ${token}`))).status, 400)
})

const strict = {
  ...{ roles: ["deploy"], users: null, freshSeconds: 300, mfa: true },
}

test("the other words of a line judge a machine, too", async (t) => {
  const rule = { ...anyUser, ...strict, machine: true }
  const named = { ...anyUser, machine: true, users: ["alice", "svc:ci"] }
  const hosts = [
    { name: "strict.example.org", ports: [443], rule },
    { name: "named.example.org", ports: [443], rule: named },
  ]
  const { service } = await withMachine(t, { browser: hosts })
  const make = async (name: string, more: object) =>
    (await service.serviceTokens.create({ name, roles: "deploy", ...more })).token
  const all = { fresh: true, aal2: true }
  const rows: readonly (readonly [name: string, more: object, told: string])[] = [
    ["all", all, "200 "],
    ["not-fresh", { aal2: true }, "401 insufficient_user_authentication"],
    ["not-aal2", { fresh: true }, "401 insufficient_user_authentication"],
    ["no-role", { ...all, roles: "" }, "403 access_denied"],
  ]
  const told = ({ status, body }: Reply) => `${status} ${body === "" ? "" : JSON.parse(body).error}`
  for (const [name, more, expected] of rows) {
    const headers = basic(`${name}:${await make(name, more)}`)
    const reply = await askAs("proxy", service, { url: "https://strict.example.org/", headers })
    assert.equal(told(reply), expected, name)
  }
  const other = await make("other", {})
  await service.serviceTokens.revoke("ci")
  const ci = await make("ci", {})
  for (const [name, token, expected] of [
    ["ci", ci, "200 "],
    ["other", other, "403 access_denied"],
  ] as const) {
    const headers = basic(`${name}:${token}`)
    const reply = await askAs("proxy", service, { url: "https://named.example.org/", headers })
    assert.equal(told(reply), expected, name)
  }
})

test("an app verifies the token of a machine by the published keys", async (t) => {
  const { service, token } = await withMachine(t)
  const tokenOf = async (sent: string) =>
    (await askAs("proxy", service, { url: dav, headers: bearer(sent) })).headers[
      "X-Postern-Token"
    ] ?? ""
  const first = await tokenOf(token)
  assert.equal(await tokenOf(token), first, "it is kept")
  const { payload } = await verified(service, first)
  const { exp: _exp, iat: _iat, jti: _jti, ...claims } = payload
  assert.deepEqual(claims, {
    ...{ iss: "https://login.example.org", aud: "https://dav.example.org", sub: "svc:ci" },
    ...{ sid: "svc:ci", acr: "aal1", amr: [], roles: ["reader"] },
  })
  await service.serviceTokens.revoke("ci")
  const next = await service.serviceTokens.create({ name: "ci", roles: "writer", aal2: true })
  const other = (await verified(service, await tokenOf(next.token))).payload
  assert.deepEqual([other["roles"], other["acr"]], [["writer"], "aal2"])
})

async function verified(service: TestService, token: string) {
  const jwks = JSON.parse((await service.call("GET", "/.well-known/jwks.json")).body)
  return jwtVerify(token, createLocalJWKSet(jwks), {
    ...{ typ: "postern-app+jwt", currentDate: new Date(service.clock.now() * 1000) },
  })
}

test("with a shared secret an app gets the machine's name, and no token", async (t) => {
  const { service, token } = await withMachine(t, { shared: true })
  const { status, headers } = await askAs("proxy", service, { url: dav, headers: bearer(token) })
  assert.deepEqual(
    [status, headers["Remote-User"], headers["X-Postern-Token"]],
    [200, "svc:ci", ""],
  )
})

test("an open path needs no service token, and tells nobody of a machine", async (t) => {
  const { service, token } = await withMachine(t)
  const url = "https://code.example.org/public/a"
  for (const headers of [{}, basic(`ci:${token}`), basic("ci:wrong")]) {
    const reply = await askAs("proxy", service, { url, headers })
    assert.deepEqual([reply.status, reply.headers["Remote-User"]], [200, ""])
  }
})
