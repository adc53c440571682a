// Requests with bodies, over connections that nginx, Caddy and HAProxy keep open to Postern: no
// body is taken for the next request, and none makes a client wait.

import assert from "node:assert/strict"
import { test } from "node:test"
import { gitHost, photosHost, startProtectedSite } from "../support/protected_site.ts"
import { noProxies, proxyPrograms } from "../support/proxy_programs.ts"
import { guardForTests, openSiteBrowser } from "../support/site_browser.ts"

const smuggled = `GET /public/smuggled HTTP/1.1\r\nHost: ${gitHost}\r\n\r\n`
const rounds = 8
/** Eight times what nginx would wait for a body that does not come is longer. */
const roundsMillisMax = 30_000

/** Announces the client's body to Postern, and sends none, as nginx does without the first line. */
function announcing(text: string): string {
  const line = 'proxy_set_header Content-Length "";'
  assert.ok(text.includes(line) || !text.includes("proxy_pass_request_body off"))
  return text.replace(line, "proxy_set_header Content-Length $http_content_length;")
}

const setUps = [
  ...proxyPrograms.map((program) => ({ name: program, program, edit: (text: string) => text })),
  { name: "nginx that announces bodies", program: "nginx", edit: announcing },
] as const

const guard = guardForTests()

for (const { name, program, edit } of setUps) {
  test(`${name}: requests with bodies and others take turns`, { skip: noProxies }, async (t) => {
    const site = await startProtectedSite(t, { program, edit, posternPort: guard.port })
    const alice = openSiteBrowser(site)
    await alice.logIn((await alice.open(`https://${photosHost}/`)).url)
    site.reached.splice(0)
    const started = performance.now()
    for (let round = 0; round < rounds; round += 1) {
      const statuses = await Promise.all([
        alice.ask({
          host: photosHost,
          method: "POST",
          target: `/${round}`,
          body: smuggled.repeat(40),
        }),
        site.ask({ host: photosHost, method: "POST", body: smuggled }),
        site.ask({
          host: photosHost,
          method: "PUT",
          headers: { expect: "100-continue" },
          body: smuggled,
        }),
        site.ask({ host: photosHost }),
        alice.ask({ host: photosHost, target: "/get" }),
      ])
      assert.deepEqual(
        statuses.map(({ status }) => status),
        [200, 401, 401, 401, 200],
      )
    }
    assert.ok(performance.now() - started < roundsMillisMax)
    assert.equal(site.reached.length, 2 * rounds)
    for (const { app, headers } of site.reached) {
      assert.deepEqual([app, headers.get("remote-user")], ["photos", "alice"])
    }
    const sent = site.reached.filter(({ method }) => method === "POST")
    for (const { body } of sent) assert.equal(body, smuggled.repeat(40))
  })

  test(`${name}: a body that is refused is no request`, { skip: noProxies }, async (t) => {
    const site = await startProtectedSite(t, { program, edit, posternPort: guard.port })
    const head = `POST /secret HTTP/1.1\r\nHost: ${photosHost}\r\n`
    const next = `GET /secret HTTP/1.1\r\nHost: ${photosHost}\r\nConnection: close\r\n\r\n`
    const chunk = `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`
    for (const body of [
      `Content-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
      `Transfer-Encoding: chunked\r\n\r\n${chunk}`,
      `Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`,
      `Transfer-Encoding: xchunked\r\n\r\n${chunk}`,
      `Content-Length: 5\r\nContent-Length: 6\r\n\r\n${smuggled}`,
    ]) {
      const statuses = [
        ...(await site.exchange(`${head}${body}${next}`)).matchAll(/^HTTP\/1\.1 (\d+)/gm),
      ]
      assert.ok(statuses.length <= 2, body)
      for (const [, status] of statuses) assert.match(status ?? "", /^(?:400|401|411|501)$/, body)
    }
    assert.deepEqual(site.reached, [])
  })
}
