// nginx, Caddy and HAProxy, as examples/protect/ sets them up, against each answer to each kind of
// request: nothing but 200 lets a request through to an app.

import assert from "node:assert/strict"
import { test } from "node:test"
import { photosHost, type SiteReply, startProtectedSite } from "../support/protected_site.ts"
import { freePorts, noProxies, proxyPrograms } from "../support/proxy_programs.ts"
import { allowing, type ProxyAnswer, startStandIn } from "../support/stand_in_postern.ts"

const login = "https://login.home.example/continue?to=https%3A%2F%2Fphotos.home.example%2F&st=x"
const cookie = "__Host-postern_try=abc; Path=/; Secure; HttpOnly; SameSite=Lax"
const json = { "Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store" }
const body = "a body of an app\n"

/** What clients send. `reaches` is the method and the body that reach the app. */
const requests = [
  { name: "GET", method: "GET", headers: {} },
  { name: "POST with a body", method: "POST", headers: {}, body },
  { name: "HEAD", method: "HEAD", headers: {} },
  {
    name: "OPTIONS",
    method: "OPTIONS",
    headers: { origin: "https://a.example", "access-control-request-method": "PUT" },
  },
  {
    name: "an upgrade",
    method: "GET",
    headers: {
      ...{ connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13" },
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    },
  },
] as const

/** Answers that are passed on. nginx takes a redirect for a failure, and a 401 with an address. */
function redirecting(status: 302 | 303, program: string): ProxyAnswer {
  const headers = { Location: login, "Set-Cookie": cookie }
  if (program !== "nginx") return { status, headers }
  return { status: 401, headers: { ...json, ...headers }, body: "{}" }
}

function headersOf({ headers }: SiteReply, names: readonly string[]): readonly unknown[] {
  return names.map((name) => headers[name])
}

for (const program of proxyPrograms) {
  for (const { name, ...request } of requests) {
    test(`${program}: passes each answer on to ${name}`, { skip: noProxies }, async (t) => {
      const standIn = await startStandIn(t)
      const site = await startProtectedSite(t, { program, posternPort: standIn.port })
      const ask = () => site.ask({ host: photosHost, target: "/a/b?c=d", ...request })
      const isUpgrade = name === "an upgrade"
      const hasBody = request.method !== "HEAD"

      const allowed = await ask()
      assert.equal(allowed.status, isUpgrade ? 101 : 200)
      const [reached] = site.reached.splice(0)
      assert.deepEqual(
        [reached?.method, reached?.target, reached?.body, reached?.headers.get("remote-user")],
        [request.method, "/a/b?c=d", "body" in request ? body : "", "alice"],
      )
      assert.equal(reached?.headers.get("upgrade"), isUpgrade ? "websocket" : undefined)
      const [asked] = standIn.asked
      assert.equal(asked?.headers["x-forwarded-method"], request.method)
      assert.equal(asked?.headers["x-forwarded-uri"], "/a/b?c=d")
      assert.equal(
        asked?.headers["access-control-request-method"],
        request.headers["access-control-request-method" as never],
      )
      assert.equal(asked?.headers.upgrade, undefined)

      for (const status of [302, 303] as const) {
        standIn.answer = redirecting(status, program)
        const redirected = await ask()
        assert.equal(redirected.status, program === "nginx" ? 302 : status)
        assert.deepEqual(headersOf(redirected, ["location", "set-cookie"]), [login, [cookie]])
      }

      for (const status of [401, 403]) {
        standIn.answer = { status, headers: json, body: '{"error":"an_error","msg":"Some"}' }
        const refused = await ask()
        assert.equal(refused.status, status)
        assert.match(String(refused.headers["content-type"]), /^application\/json/)
        assert.equal(refused.headers["cache-control"], "no-store")
        if (hasBody) assert.match(refused.body, /^\{"error":"\w+","msg":"[\w ]+"\}$/)
      }

      // nginx takes everything else for a failure.
      for (const status of [429, 500, 503]) {
        standIn.answer = { status, headers: { "Retry-After": "7" } }
        const failed = await ask()
        const passedOn = status === 429 && program !== "nginx"
        assert.equal(failed.status, passedOn ? 429 : 503, String(status))
        if (passedOn) assert.equal(failed.headers["retry-after"], "7")
      }
      assert.deepEqual(site.reached, [])
    })
  }

  test(`${program}: lets nobody in while Postern is down`, { skip: noProxies }, async (t) => {
    const [nobodys = 0] = await freePorts(1)
    const site = await startProtectedSite(t, { program, posternPort: nobodys })
    const ask = async ({ name, ...request }: (typeof requests)[number]) => {
      const reply = await site.ask({ host: photosHost, ...request })
      assert.equal(reply.status, 503, name)
      assert.equal(reply.headers["cache-control"], "no-store")
      assert.equal(reply.headers["retry-after"], "5")
      if (request.method !== "HEAD") assert.match(reply.body, /^The login service does not answer/)
    }
    await Promise.all(requests.map(ask))
    assert.deepEqual(site.reached, [])
  })

  test(`${program}: lets nobody in while Postern is silent`, { skip: noProxies }, async (t) => {
    const standIn = await startStandIn(t)
    const shorter = (text: string) =>
      text
        .replace("proxy_read_timeout 5s", "proxy_read_timeout 1s")
        .replace("response_header_timeout 5s", "response_header_timeout 1s")
        .replace("asked_millis_max = 1000", "asked_millis_max = 250")
    const site = await startProtectedSite(t, { program, posternPort: standIn.port, edit: shorter })
    standIn.answer = null
    const replies = await Promise.all(
      requests.map(({ name: _name, ...request }) => site.ask({ host: photosHost, ...request })),
    )
    assert.deepEqual(
      replies.map(({ status }) => status),
      requests.map(() => 503),
    )
    assert.deepEqual(site.reached, [])
    standIn.answer = allowing
    assert.equal((await site.ask({ host: photosHost })).status, 200)
  })
}

test("haproxy: lets nobody in when its script fails", { skip: noProxies }, async (t) => {
  const standIn = await startStandIn(t)
  const failing = (text: string) =>
    text.replace("local answer = ", 'error("fails")\n  local answer = ')
  const edited = { program: "haproxy", posternPort: standIn.port, edit: failing } as const
  const site = await startProtectedSite(t, edited)
  assert.equal((await site.ask({ host: photosHost })).status, 503)
  assert.deepEqual([site.reached, standIn.asked], [[], []])
})
