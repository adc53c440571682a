// Strangers at nginx, Caddy and HAProxy, as examples/protect/ sets them up: nobody is taken for
// somebody else, and an app gets the very request that Postern judged.

import assert from "node:assert/strict"
import { connect } from "node:http2"
import { type TestContext, test } from "node:test"
import {
  gitHost,
  type ProtectedSite,
  photosHost,
  startProtectedSite,
} from "../support/protected_site.ts"
import { noProxies, proxyPrograms } from "../support/proxy_programs.ts"
import { guardForTests, openSiteBrowser } from "../support/site_browser.ts"
import { startStandIn } from "../support/stand_in_postern.ts"
import type { AppRequest } from "../support/told_app.ts"

const identity = ["remote-user", "remote-groups", "remote-name", "remote-email", "x-postern-token"]
const hostOf: Readonly<Record<string, string>> = { photos: photosHost, git: gitHost }

/** A header's name with each separator that some app reads like a dash. */
function spellingsOf(name: string): readonly string[] {
  const [first = "", ...rest] = name.split("-")
  return rest.reduce<readonly string[]>(
    (before, part) =>
      before.flatMap((text) => ["-", "_", "."].map((mark) => `${text}${mark}${part}`)),
    [first],
  )
}

/** The headers that an app could take for the identity of the user. */
function identityIn({ headers }: AppRequest): Readonly<Record<string, string>> {
  const found = [...headers].filter(([name]) => identity.includes(name.replace(/[^a-z]/g, "-")))
  return Object.fromEntries(found.filter(([, value]) => value !== ""))
}

function spoofed(): Readonly<Record<string, readonly string[]>> {
  const names = identity.flatMap(spellingsOf)
  const capitals = names.map((name) => name.toUpperCase().replaceAll(".", "-"))
  return Object.fromEntries([...names, ...capitals].map((name) => [name, ["admin", "root"]]))
}

const guard = guardForTests()

for (const program of proxyPrograms) {
  test(`${program}: what a client says about itself reaches no app`, {
    skip: noProxies,
  }, async (t) => {
    const edit = (text: string) =>
      text.replace("access_log off;", "access_log off;\nunderscores_in_headers on;")
    const site = await startProtectedSite(t, { program, edit, posternPort: guard.port })
    const headers = spoofed()
    const open = await site.ask({ host: gitHost, target: "/public/a", headers })
    assert.equal(open.body, "git answers\n")
    const hidden = { ...headers, connection: ["close", ...identity].join(", ") }
    assert.equal(
      (await site.ask({ host: gitHost, target: "/public/b", headers: hidden })).status,
      200,
    )
    const browser = openSiteBrowser(site)
    await browser.logIn((await browser.open(`https://${photosHost}/`)).url)
    assert.equal((await browser.ask({ host: photosHost, target: "/c", headers })).status, 200)
    const asStranger = await site.ask({ host: photosHost, target: "/d", headers })
    assert.equal(asStranger.status, 401)
    const [atOpen, atHidden, , known] = site.reached
    assert.deepEqual(
      [atOpen, atHidden].map((one) => identityIn(one ?? assert.fail())),
      [{}, {}],
    )
    const { "x-postern-token": token = "", ...others } = identityIn(known ?? assert.fail())
    assert.deepEqual(others, { "remote-user": "alice" })
    assert.match(token, /^[\w-]+\.[\w-]+\.[\w-]+$/)
    assert.equal(site.reached.length, 4)
  })

  test(`${program}: an app gets the host and the target that were judged`, {
    skip: noProxies,
  }, async (t) => {
    const standIn = await startStandIn(t)
    const site = await startProtectedSite(t, { program, posternPort: standIn.port })
    let count = 0
    const judged = async (what: string, send: () => Promise<unknown>) => {
      await send()
      count += site.reached.length
      assert.ok(site.reached.length <= standIn.asked.length, what)
      for (const [index, { app, target, method }] of site.reached.entries()) {
        const { headers } = standIn.asked[index] ?? assert.fail(what)
        assert.equal(
          headers["x-forwarded-host"]
            ?.toString()
            .replace(/\.?(:\d+)?$/, "")
            .toLowerCase(),
          hostOf[app],
          what,
        )
        assert.equal(headers["x-forwarded-uri"], target.replace(/^https?:\/\/[^/]*/, ""), what)
        assert.equal(headers["x-forwarded-method"], method, what)
      }
      site.reached.splice(0)
      standIn.asked.splice(0)
    }
    for (const head of strangeHeads) {
      await judged(head, () => site.exchange(`${head}\r\nConnection: close\r\n\r\n`))
    }
    // The others are refused.
    assert.ok(count > strangeHeads.length / 2, String(count))
  })

  test(`${program}: over HTTP/2, too, an app gets the host that was judged`, {
    skip: noProxies,
  }, async (t) => {
    const standIn = await startStandIn(t)
    const edit = (text: string) =>
      text
        .replace(/(listen 127\S+ ssl)/g, "$1 http2")
        .replace(/(bind \S+ ssl.*)/, "$1 alpn h2,http/1.1")
    const site = await startProtectedSite(t, { program, posternPort: standIn.port, edit })
    const answered = await Promise.all(
      [
        { ":authority": photosHost },
        { ":authority": photosHost, host: gitHost },
        { ":authority": gitHost, host: photosHost },
        { ":authority": photosHost, "x-forwarded-host": gitHost, "x-forwarded-uri": "/public/a" },
      ].map((headers) => overHttp2(t, site, headers)),
    )
    assert.equal(answered[0], 200)
    assert.ok(site.reached.length > 0)
    for (const { app, headers } of site.reached) {
      const asked = standIn.asked.filter((one) => one.headers["x-forwarded-host"] === hostOf[app])
      assert.ok(asked.length > 0, JSON.stringify([app, ...headers]))
    }
    for (const { app } of site.reached) {
      const index = standIn.asked.findIndex(
        (one) => one.headers["x-forwarded-host"] === hostOf[app],
      )
      assert.notEqual(index, -1)
      standIn.asked.splice(index, 1)
    }
  })

  test(`${program}: what is open is open in one spelling only`, { skip: noProxies }, async (t) => {
    const site = await startProtectedSite(t, { program, posternPort: guard.port })
    for (const target of ["/public/a", "/public/a?x=/../secret", "/public/"]) {
      const { status } = await site.ask({ host: gitHost, target })
      assert.equal(status, 200, target)
    }
    site.reached.splice(0)
    for (const target of closedTargets) {
      const answer = await site.exchange(
        `GET ${target} HTTP/1.1\r\nHost: ${gitHost}\r\nConnection: close\r\n\r\n`,
        gitHost,
      )
      assert.match(answer, /^HTTP\/1\.[01] (?:401|400|403|302|308) /, target)
    }
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"]) {
      const headers = { "x-http-method-override": "GET", "x-forwarded-method": "GET" }
      const { status } = await site.ask({ host: gitHost, target: "/public/a", method, headers })
      assert.equal(status, 401, method)
    }
    assert.deepEqual(site.reached, [])
    const headers = { origin: "https://a.example", "access-control-request-method": "PUT" }
    const preflight = await site.ask({
      host: gitHost,
      method: "OPTIONS",
      target: "/secret",
      headers,
    })
    assert.equal(preflight.status, 200)
  })
}

/** Request lines and headers that could be read in two ways. */
const strangeHeads: readonly string[] = [
  `GET http://${gitHost}/secret HTTP/1.1\r\nHost: ${photosHost}`,
  `GET https://${gitHost}/secret HTTP/1.1\r\nHost: ${photosHost}`,
  `GET https://${photosHost}/secret HTTP/1.1\r\nHost: ${gitHost}`,
  `GET https://${gitHost}:443/secret HTTP/1.1\r\nHost: ${photosHost}`,
  `GET https://${photosHost}@${gitHost}/secret HTTP/1.1\r\nHost: ${photosHost}`,
  `GET https://${photosHost}/secret HTTP/1.0`,
  `GET /secret HTTP/1.0`,
  `GET /secret HTTP/1.1\r\nHost: ${photosHost}\r\nHost: ${gitHost}`,
  `GET /secret HTTP/1.1\r\nHost: ${gitHost}\r\nHost: ${photosHost}`,
  `GET /secret HTTP/1.1\r\nHost: ${photosHost}, ${gitHost}`,
  `GET /secret HTTP/1.1\r\nHost: ${photosHost}:443`,
  `GET /secret HTTP/1.1\r\nHost: ${photosHost}:8443`,
  `GET /secret HTTP/1.1\r\nHost: PHOTOS.home.example`,
  `GET /secret HTTP/1.1\r\nHost: ${photosHost}.`,
  `GET /secret HTTP/1.1\r\nHost: ${photosHost}@${gitHost}`,
  `GET /secret HTTP/1.1\r\nHost: ${photosHost}/${gitHost}`,
  `GET /secret HTTP/1.1\r\nHost : ${photosHost}`,
  `GET /secret HTTP/1.1\r\nHost: ${photosHost}\r\n ${gitHost}`,
  `GET /secret HTTP/1.1\r\nHost: ${photosHost}\r\nX-Forwarded-Host: ${gitHost}\r\nX-Forwarded-Uri: /public/a`,
  `GET /secret HTTP/1.1\r\nHost: ${photosHost}\r\nX_Forwarded_Host: ${gitHost}\r\nX-Original-URL: /public/a`,
  `GET /secret HTTP/1.1\r\nHost: ${photosHost}\r\nForwarded: host=${gitHost}\r\nX-Rewrite-URL: /public/a`,
  `GET /a HTTP/1.1\r\nHost: ${photosHost}\r\nConnection: x-forwarded-host, x-forwarded-uri, host`,
  `POST /a HTTP/1.1\r\nHost: ${photosHost}\r\nContent-Length: 0\r\nX-Forwarded-Method: GET`,
  ...[
    "/a//b",
    "/a/./b",
    "/a/../b",
    "/a/%2e%2e/b",
    "/a%2fb",
    "/a;x=y",
    "/a?b?c",
    "/a%00",
    "/%61",
    "/a+b%20c",
  ].map((target) => `GET ${target} HTTP/1.1\r\nHost: ${photosHost}`),
]

/** Not `/public/`, however an app may read them. */
const closedTargets: readonly string[] = [
  ...["/public/../secret", "/public/%2e%2e/secret", "/public/%2E%2E/secret", "/public/..%2fsecret"],
  ...[
    "/public/.%2e/secret",
    "/public/./a",
    "/public//a",
    "//public/a",
    "/./public/a",
    "/%70ublic/a",
  ],
  ...[
    "/public%2fa",
    "/public/a;x",
    "/public/..;/secret",
    "/public\\..\\secret",
    "/public",
    "/PUBLIC/a",
  ],
  ...["/public/a%00", "/public/%252e%252e/secret", "/public/a#/../secret", "/x/../public/a"],
]

function overHttp2(
  t: TestContext,
  { port }: ProtectedSite,
  headers: Readonly<Record<string, string>>,
): Promise<number | string> {
  return new Promise((resolve) => {
    const servername = headers[":authority"] ?? ""
    const client = connect(`https://127.0.0.1:${port}`, { servername, rejectUnauthorized: false })
    t.after(() => client.destroy())
    client.once("error", (error) => resolve(error.message))
    const sent = client.request({ ":path": "/secret", ...headers })
    sent.once("response", (reply) => resolve(Number(reply[":status"])))
    sent.once("error", (error) => resolve(error.message))
    sent.resume().end()
  })
}
