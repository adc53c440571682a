// Hosts with the word `mfa` behind nginx, Caddy and HAProxy: the way through password and code, to
// a second domain, and for somebody who has no second factor.

import assert from "node:assert/strict"
import { test } from "node:test"
import {
  gitHost,
  loginHost,
  type ProtectedSite,
  photosHost,
  startProtectedSite,
} from "../support/protected_site.ts"
import { noProxies, proxyPrograms } from "../support/proxy_programs.ts"
import { codeFor } from "../support/second_factor.ts"
import { opening, openSiteBrowser, startGuard } from "../support/site_browser.ts"

const settings = { POSTERN_PROTECT: `${photosHost} mfa\n${gitHost} mfa bearer` }
const alice = { username: "alice", password: "wonderland" }

async function post(site: ProtectedSite, target: string, body: unknown, token = "") {
  const headers = {
    "content-type": "application/json",
    ...(token === "" ? {} : { authorization: `Bearer ${token}` }),
  }
  const sent = { host: loginHost, method: "POST", target, headers, body: JSON.stringify(body) }
  return JSON.parse((await site.ask(sent)).body)
}

for (const program of proxyPrograms) {
  test(`${program}: a host with mfa opens after password and code, and then another domain`, {
    skip: noProxies,
  }, async (t) => {
    const { port: posternPort } = await startGuard(t, settings)
    const site = await startProtectedSite(t, { program, posternPort })
    const { access_token: token } = await post(site, "/login", alice)
    const git = { host: gitHost, headers: { authorization: `Bearer ${token}` } }
    assert.equal((await site.ask(git)).status, 401)
    const browser = openSiteBrowser(site)
    const url = `https://${photosHost}/a?b`
    // Without a second factor: a page of the login host, and no circle.
    const told = await browser.logIn((await browser.open(url)).url)
    assert.deepEqual([told.reply.status, new URL(told.url).pathname], [403, "/continue"])
    assert.match(told.reply.body, /This needs a second factor/)
    assert.equal((await browser.open(url)).reply.status, 403)
    const script = { host: photosHost, headers: { ...opening, "sec-fetch-mode": "cors" } }
    assert.equal((await browser.ask(script)).status, 401)

    const { secret } = await post(site, "/mfa/totp", {}, token)
    const at = Math.floor(Date.now() / 1000)
    const confirmed = await post(site, "/mfa/totp/confirm", { code: codeFor(secret, at) }, token)
    assert.equal(confirmed.recovery_codes.length, 10)
    const asked = await browser.logIn((await browser.open(url)).url)
    assert.equal(new URL(asked.url).pathname, "/login/code")
    const entered = await browser.enterCode(asked.url, codeFor(secret, at + 30))
    assert.deepEqual([entered.url, entered.reply.body], [url, "photos answers\n"])
    const other = await browser.open(`https://${gitHost}/x`)
    assert.deepEqual([other.url, other.reply.body], [`https://${gitHost}/x`, "git answers\n"])
    assert.deepEqual(
      site.reached.map(({ app, headers }) => [app, headers.get("remote-user")]),
      [
        ["photos", "alice"],
        ["git", "alice"],
      ],
    )
  })
}
