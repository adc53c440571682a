// Requests to go on in another protocol, at nginx, Caddy and HAProxy. After such an upgrade
// the proxy passes on bytes that it does not read, so an app that takes an upgrade to HTTP/2 would
// be sent requests that nobody judged. WebSockets alone are let through (answers.test.ts).

import assert from "node:assert/strict"
import { test } from "node:test"
import { gitHost, photosHost, startProtectedSite } from "../support/protected_site.ts"
import { noProxies, proxyPrograms } from "../support/proxy_programs.ts"
import { startStandIn } from "../support/stand_in_postern.ts"
import { startTraefik } from "./traefik_stand_in.ts"

const upgrades = [
  // RFC 7540 §3.2.
  "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
  "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: H2C\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
  "Connection: HTTP2-Settings, Upgrade\r\nUpgrade: websocket, h2c\r\nHTTP2-Settings: AAMAAABk",
  "Connection: Upgrade\r\nUpgrade: h2c, websocket\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
  "Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
  "Connection: Upgrade\r\nUpgrade: TLS/1.2",
]

for (const program of proxyPrograms) {
  test(`${program}: no app is asked for another protocol than WebSockets`, {
    skip: noProxies,
  }, async (t) => {
    const standIn = await startStandIn(t)
    const site = await startProtectedSite(t, { program, posternPort: standIn.port })
    for (const host of [photosHost, gitHost]) {
      for (const upgrade of upgrades) {
        const head = `GET /public/a HTTP/1.1\r\nHost: ${host}\r\n${upgrade}\r\n\r\n`
        const answer = await site.exchange(head, host)
        // The app takes every upgrade, and names it.
        const [, taken = "none"] = /^HTTP\/1\.1 101 .*?\nupgrade: (\S*)\r/is.exec(answer) ?? []
        assert.match(taken, /^(?:none|websocket)$/, upgrade)
      }
    }
    const offered = site.reached.flatMap(({ headers }) =>
      ["upgrade", "http2-settings"].flatMap((name) => headers.get(name) ?? []),
    )
    assert.ok(site.reached.length > 0)
    assert.deepEqual(
      offered.filter((value) => value !== "websocket"),
      [],
    )
  })
}

test("Traefik, by its source: no app gets what an upgrade to HTTP/2 needs", async (t) => {
  const standIn = await startStandIn(t)
  const site = await startTraefik(t, standIn.port)
  // RFC 7540 §3.2.1: without this header an app must not take the upgrade.
  const headers = { "http2-settings": "AAMAAABk" }
  for (const host of [photosHost, gitHost]) await site.ask({ host, headers })
  assert.deepEqual(
    site.reached.map((one) => one.headers.has("http2-settings")),
    [false, false],
  )
})
