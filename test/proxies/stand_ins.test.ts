// Postern behind stand-ins for Traefik and Envoy, which read the files of examples/protect/: a login
// for two domains, refusals, open paths, tokens, and what clients say about themselves.

import assert from "node:assert/strict"
import { before, type TestContext, test } from "node:test"
import { gitHost, loginHost, photosHost } from "../support/protected_site.ts"
import { freePorts } from "../support/proxy_programs.ts"
import { type Guard, openSiteBrowser, startGuard } from "../support/site_browser.ts"
import { startEnvoy } from "./envoy_stand_in.ts"
import { startTraefik } from "./traefik_stand_in.ts"

const standIns = [
  { name: "Traefik", start: startTraefik, down: 500 },
  { name: "Envoy", start: startEnvoy, down: 503 },
] as const
const photos = `https://${photosHost}`
const git = `https://${gitHost}`

let guard: Guard
before(async (t) => {
  guard = await startGuard(t as TestContext)
})

for (const { name, start, down } of standIns) {
  test(`${name}, by its source: one login opens two domains, and a logout closes them`, async (t) => {
    const site = await start(t, guard.port)
    const browser = openSiteBrowser(site)
    const page = await browser.open(`${photos}/album?x=%2f`)
    assert.equal(new URL(page.url).host, loginHost)
    assert.equal((await browser.logIn(page.url)).url, `${photos}/album?x=%2f`)
    const tabs = Array.from({ length: 4 }, (_, index) => browser.open(`${git}/${index}`))
    for (const { reply } of await Promise.all(tabs)) assert.equal(reply.body, "git answers\n")
    const posted = { host: photosHost, method: "POST", target: "/new", body: "a body" }
    assert.equal((await browser.ask(posted)).status, 200)
    assert.equal(site.reached.at(-1)?.body, "a body")
    await guard.run(["user", "logout", "alice"])
    for (const host of [photosHost, gitHost])
      assert.equal((await browser.ask({ host })).status, 401)
  })

  test(`${name}, by its source: nobody is taken for somebody else`, async (t) => {
    const site = await start(t, guard.port)
    const names = [
      "remote-user",
      "remote_user",
      "remote.user",
      "x-postern-token",
      "x_postern_token",
    ]
    const headers = {
      ...Object.fromEntries(
        [...names, "x-postern_token", "X_Postern-Token"].map((one) => [one, "root"]),
      ),
      ...{ connection: "close, remote-user, x-forwarded-host", "x-forwarded-host": gitHost },
      ...{ "x-forwarded-uri": "/public/a", "x-forwarded-method": "GET", forwarded: "for=1.2.3.4" },
    }
    assert.equal((await site.ask({ host: photosHost, headers })).status, 401)
    assert.equal(site.reached.length, 0)
    assert.equal((await site.ask({ host: gitHost, target: "/public/a", headers })).status, 200)
    const found = [...(site.reached.at(0)?.headers ?? [])].filter(([, value]) => value !== "")
    assert.deepEqual(
      found.filter(([one]) => /remote.user|postern/.test(one)),
      [],
    )
    assert.equal((await site.ask({ host: gitHost, target: "/public/../a", headers })).status, 401)
  })

  test(`${name}, by its source: a token counts by rule, and preflights pass`, async (t) => {
    const site = await start(t, guard.port)
    const login = await site.ask({
      ...{ host: loginHost, method: "POST", target: "/login" },
      headers: { "content-type": "application/json" },
      body: '{"username":"bob","password":"builder"}',
    })
    const headers = { authorization: `Bearer ${JSON.parse(login.body).access_token}` }
    assert.equal((await site.ask({ host: photosHost, headers })).status, 401)
    assert.equal((await site.ask({ host: gitHost, headers })).status, 200)
    const [reached] = site.reached
    assert.equal(reached?.headers.get("remote-user"), "bob")
    assert.equal(reached?.headers.has("authorization"), false)
    const cors = { origin: "https://a.example", "access-control-request-method": "PUT" }
    const preflight = { host: gitHost, method: "OPTIONS", headers: cors }
    assert.equal((await site.ask(preflight)).status, 200)
    assert.equal((await site.ask({ ...preflight, host: photosHost })).status, 401)
  })

  test(`${name}, by its source: nobody gets in while Postern is down`, async (t) => {
    const [nobodys = 0] = await freePorts(1)
    const site = await start(t, nobodys)
    assert.equal((await site.ask({ host: photosHost })).status, down)
    assert.deepEqual(site.reached, [])
  })
}
