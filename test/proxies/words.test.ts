// Postern behind nginx, Caddy and HAProxy: tokens, users who are not allowed, long requests, and
// browsers that come without TLS.

import assert from "node:assert/strict"
import { test } from "node:test"
import { gitHost, loginHost, photosHost, startProtectedSite } from "../support/protected_site.ts"
import { freePorts, noProxies, proxyPrograms } from "../support/proxy_programs.ts"
import { guardForTests, opening, openSiteBrowser, startGuard } from "../support/site_browser.ts"
import { startStandIn } from "../support/stand_in_postern.ts"

const guard = guardForTests()

for (const program of proxyPrograms) {
  test(`${program}: a bearer token counts where the rule says so, and no app gets it`, {
    skip: noProxies,
  }, async (t) => {
    const site = await startProtectedSite(t, { program, posternPort: guard.port })
    const login = await site.ask({
      ...{ host: loginHost, method: "POST", target: "/login" },
      headers: { "content-type": "application/json" },
      body: '{"username":"bob","password":"builder"}',
    })
    const authorization = `Bearer ${JSON.parse(login.body).access_token}`
    const ask = (host: string, more = {}) => site.ask({ host, headers: { authorization, ...more } })
    assert.equal((await ask(gitHost)).status, 200)
    assert.equal((await ask(photosHost)).status, 401)
    const browser = openSiteBrowser(site)
    await browser.logIn((await browser.open(`https://${photosHost}/`)).url)
    site.reached.splice(1)
    const basic = { authorization: "Basic YTpi" }
    assert.equal((await browser.ask({ host: photosHost, headers: basic })).status, 200)
    assert.deepEqual(
      site.reached.map(({ headers }) => [headers.get("remote-user"), headers.get("authorization")]),
      [
        ["bob", undefined],
        ["alice", "Basic YTpi"],
      ],
    )
  })

  test(`${program}: a user who is not allowed sees why`, { skip: noProxies }, async (t) => {
    const settings = { POSTERN_PROTECT: `${photosHost} role=family` }
    const { port: posternPort, run } = await startGuard(t, settings)
    const site = await startProtectedSite(t, { program, posternPort })
    const browser = openSiteBrowser(site)
    const url = `https://${photosHost}/a`
    const refused = await browser.logIn((await browser.open(url)).url)
    assert.deepEqual([refused.reply.status, new URL(refused.url).pathname], [403, "/denied"])
    await run(["user", "role", "add", "alice", "family"])
    assert.equal((await browser.open(url)).reply.status, 200)
    await run(["user", "role", "remove", "alice", "family"])
    const { reply } = await browser.open(url)
    assert.equal(reply.status, 403)
    assert.match(String(reply.headers["content-type"]), /^text\/html/)
    assert.ok(reply.body.includes(photosHost))
    const script = await browser.ask({ host: photosHost, headers: { "sec-fetch-mode": "cors" } })
    assert.deepEqual([script.status, JSON.parse(script.body).error], [403, "access_denied"])
    assert.equal(site.reached.length, 1)
  })

  test(`${program}: long addresses and many cookies come through`, {
    skip: noProxies,
  }, async (t) => {
    const site = await startProtectedSite(t, { program, posternPort: guard.port })
    const browser = openSiteBrowser(site)
    await browser.logIn((await browser.open(`https://${photosHost}/`)).url)
    browser.jars.get(photosHost)?.set("other", "x".repeat(12_000))
    const target = `/a?${"y".repeat(7_000)}`
    assert.equal((await browser.ask({ host: photosHost, target })).status, 200)
    const stranger = await site.ask({ host: photosHost, target, headers: opening })
    assert.equal(stranger.status, 302)
  })

  test(`${program}: large bodies come through`, { skip: noProxies }, async (t) => {
    const site = await startProtectedSite(t, { program, posternPort: guard.port })
    const browser = openSiteBrowser(site)
    await browser.logIn((await browser.open(`https://${photosHost}/`)).url)
    site.reached.splice(0)
    // More than nginx takes where nothing else is set.
    const upload = { host: photosHost, method: "POST", body: "x".repeat(2 ** 21) }
    assert.equal((await browser.ask(upload)).status, 200)
    assert.equal(site.reached[0]?.body.length, upload.body.length)
  })

  test(`${program}: without TLS a browser is sent to https`, { skip: noProxies }, async (t) => {
    const standIn = await startStandIn(t)
    const site = await startProtectedSite(t, { program, posternPort: standIn.port })
    for (const host of [photosHost, gitHost, loginHost]) {
      const { status, headers } = await site.ask({ host, target: "/a?b", tls: false })
      assert.ok(status === 301 || status === 308)
      assert.match(String(headers["location"]), new RegExp(`^https://${host}(:\\d+)?/a\\?b$`))
    }
    assert.deepEqual([site.reached, standIn.asked], [[], []])
  })

  test(`${program}: browsers may come by another port than 443`, { skip: noProxies }, async (t) => {
    const [port = 0] = await freePorts(1)
    const hosts = `photos.home.example:${port} role=family\ngit.example.net:${port}`
    const issuer = `https://login.home.example:${port}`
    const settings = { POSTERN_PROTECT: hosts, POSTERN_ISSUER: issuer }
    const { port: posternPort, run } = await startGuard(t, settings)
    const edit = (text: string) =>
      text.replace(`${port} "";`, '443 "";').replace("https://login.home.example/", `${issuer}/`)
    const site = await startProtectedSite(t, { program, posternPort, port, edit })
    const browser = openSiteBrowser(site)
    const url = `https://git.example.net:${port}/a`
    const { url: entered, reply } = await browser.logIn((await browser.open(url)).url)
    assert.deepEqual([entered, reply.body], [url, "git answers\n"])
    assert.equal(site.reached[0]?.headers.get("host"), `git.example.net:${port}`)
    assert.equal(site.reached[0]?.headers.get("x-forwarded-host"), `git.example.net:${port}`)
    const stranger = await browser.ask({ host: gitHost, headers: opening })
    assert.notEqual(stranger.status, 200)
    await run(["user", "role", "add", "alice", "family"])
    const family = `https://photos.home.example:${port}/`
    assert.equal((await browser.open(family)).reply.status, 200)
    await run(["user", "role", "remove", "alice", "family"])
    assert.equal((await browser.open(family)).reply.status, 403)
  })
}
