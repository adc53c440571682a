// What /verify refuses before it judges. The log names each mistake once.

import assert from "node:assert/strict"
import { test } from "node:test"
import { Unavailable } from "../../src/errors.ts"
import type { Reply } from "../../src/http/message.ts"
import {
  askAs,
  background,
  createProtectedService,
  loggedInBrowser,
  proxyKinds,
} from "../support/protected_apps.ts"
import type { TestService } from "../support/test_service.ts"

const photos = "https://photos.example.org/"
const facts = {
  ...{ host: "photos.example.org", "x-forwarded-method": "GET", "x-forwarded-proto": "https" },
  ...{ "x-forwarded-host": "photos.example.org", "x-forwarded-uri": "/" },
}

function errorIn({ status, body }: Reply): string {
  return `${status} ${JSON.parse(body).error}`
}

/** The warnings since the last time. */
function warningsOf({ log }: TestService): unknown[] {
  const events = log.events.splice(0)
  return events.filter(({ level }) => level === "warn").map(({ time, ...event }) => event)
}

test("nobody but a trusted proxy is answered, and the log says once what to set", async (t) => {
  const service = await createProtectedService(t)
  const browser = await loggedInBrowser(service)
  await browser.open(photos)
  warningsOf(service)
  for (const kind of proxyKinds) {
    for (const url of [photos, "https://git.example.org/public/a"]) {
      const { status, headers } = await browser.ask(url, { kind, proxied: false })
      assert.equal(status, 403)
      assert.equal(headers["Remote-User"], undefined)
    }
  }
  const message =
    "This address asks about requests, and is not a trusted proxy: it is refused. If it is your proxy, set POSTERN_TRUSTED_PROXIES to it"
  assert.deepEqual(warningsOf(service), [
    { level: "warn", event: "verify.untrusted", client: "127.0.0.1", message },
  ])
})

test("a header that is missing, repeated or malformed is refused, and named once in the log", async (t) => {
  const service = await createProtectedService(t)
  const ask = (kind: "nginx" | "proxy", headers: Readonly<Record<string, string>>) =>
    service.call("GET", `/verify/${kind}`, { headers, proxied: true })
  for (const name of Object.keys(facts).slice(1)) {
    const { [name as keyof typeof facts]: _, ...others } = facts
    assert.equal(errorIn(await ask("proxy", others)), "400 invalid_request")
    assert.equal(errorIn(await ask("nginx", others)), "403 invalid_request")
    const doubled = { ...facts, [name]: `${facts[name as keyof typeof facts]}, x` }
    assert.equal(errorIn(await ask("proxy", doubled)), "400 invalid_request")
    assert.equal(errorIn(await ask("nginx", doubled)), "403 invalid_request")
  }
  const named = warningsOf(service).map((event) => (event as { message: string }).message)
  assert.equal(named.length, 8)
  assert.equal(named[0], "The header 'X-Forwarded-Method' is missing: see docs/browser.md")
})

test("the query of the request itself is never read, but Envoy's", async (t) => {
  const service = await createProtectedService(t)
  const query = "?uri=/public/a&x-forwarded-host=git.example.org&t=x&access_token=x"
  for (const path of ["/verify/proxy", "/verify/nginx", "/verify/proxy/x/../y", "/verify/nginx/"]) {
    const headers = { ...facts, ...background }
    const reply = await service.call("POST", `${path}${query}`, { headers, proxied: true })
    assert.equal(reply.status, 401, path)
  }
  const open = { host: "git.example.org", ...background }
  const paths = [
    ["/verify/envoy/public/a?x", 200],
    ["/verify/envoy//public/a", 401],
    ["/verify/envoy/x/../public/a", 401],
    ["/verify/envoy", 404],
    ["/verify", 404],
    ["/verify/", 404],
    ["/verify/nginxx", 404],
    ["/Verify/nginx", 404],
  ] as const
  for (const [path, status] of paths) {
    const reply = await service.call("GET", path, { headers: open, proxied: true })
    assert.equal(reply.status, status, path)
  }
})

test("Envoy: the forwarded headers of a client count for nothing", async (t) => {
  const service = await createProtectedService(t)
  const spoofed = {
    ...{ "x-forwarded-host": "git.example.org", "x-forwarded-uri": "/public/a" },
    ...{ "x-forwarded-method": "GET", "x-forwarded-proto": "http", ...background },
  }
  const headers = { ...spoofed, host: "photos.example.org" }
  for (const method of ["GET", "POST"]) {
    const path = "/verify/envoy/secret"
    assert.equal((await service.call(method, path, { headers, proxied: true })).status, 401)
  }
})

test("hosts that no line has are named in the log, twenty at most", async (t) => {
  const service = await createProtectedService(t)
  for (let at = 0; at < 30; at += 1) {
    const url = `https://h${at}.example.com:8443/`
    for (const _ of [1, 2]) await askAs("proxy", service, { url, headers: background })
  }
  const warnings = warningsOf(service)
  assert.equal(warnings.length, 20)
  const message =
    "Requests for this host are refused: no line of POSTERN_PROTECT has it with this port. If it is yours, add a line"
  assert.deepEqual(warnings[0], {
    ...{ level: "warn", event: "verify.unlisted", host: "h0.example.com:8443", message },
  })
})

test("the access log has the route and the reason, and nothing that a client sent", async (t) => {
  const service = await createProtectedService(t)
  service.log.events.splice(0)
  const asks = [
    ["https://photos.example.org/secret-path", "missing_token"],
    ["https://secret-host.example.com/", "unlisted_host"],
  ] as const
  for (const [url, reason] of asks) {
    for (const kind of proxyKinds) await askAs(kind, service, { url, headers: background })
    const lines = service.log.events.splice(0).filter(({ event }) => event === "request")
    assert.deepEqual(
      lines.map(({ path, reason: why }) => [path, why]),
      ["/verify/nginx", "/verify/proxy", "/verify/envoy/{rest*}"].map((path) => [path, reason]),
    )
    assert.doesNotMatch(JSON.stringify(lines), /secret/)
  }
})

test("a store that is down is no refusal: nobody gets in, and nginx can tell", async (t) => {
  const service = await createProtectedService(t)
  const browser = await loggedInBrowser(service)
  await browser.open(photos)
  const { sessions } = service.store
  t.mock.method(sessions, "find", async () => {
    throw new Unavailable("The database does not answer")
  })
  for (const kind of proxyKinds) {
    const reply = await browser.ask(photos, { kind })
    assert.equal(errorIn(reply), "503 temporarily_unavailable")
    assert.equal(reply.headers["Location"], undefined)
  }
})

test("a bug refuses everyone", async (t) => {
  const service = await createProtectedService(t)
  const browser = await loggedInBrowser(service)
  await browser.open(photos)
  t.mock.method(service.store.sessions, "find", async () => {
    throw new TypeError("a bug")
  })
  for (const kind of proxyKinds) {
    const reply = await browser.ask(photos, { kind })
    assert.equal(errorIn(reply), "500 server_error")
  }
})
