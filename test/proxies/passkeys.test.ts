// Passkeys behind nginx, Caddy and HAProxy: an RSA key, which is the longest one, is made over
// JSON, and logs a browser in to a host that needs a second factor.

import assert from "node:assert/strict"
import { test } from "node:test"
import { createAuthenticator } from "../support/authenticator.ts"
import { loginHost, photosHost, startProtectedSite } from "../support/protected_site.ts"
import { noProxies, proxyPrograms } from "../support/proxy_programs.ts"
import { openSiteBrowser, startGuard } from "../support/site_browser.ts"

const origin = `https://${loginHost}`
const url = `https://${photosHost}/a?b`

for (const program of proxyPrograms) {
  test(`${program}: a passkey is made and logs in, with the origin that browsers see`, {
    skip: noProxies,
  }, async (t) => {
    const settings = { POSTERN_PROTECT: `${photosHost} mfa` }
    const { port: posternPort } = await startGuard(t, settings)
    const site = await startProtectedSite(t, { program, posternPort })
    const post = async (target: string, json: object, token = "") => {
      const headers = {
        "content-type": "application/json",
        ...(token === "" ? {} : { authorization: `Bearer ${token}` }),
      }
      const asked = { host: loginHost, method: "POST", target, headers }
      return JSON.parse((await site.ask({ ...asked, body: JSON.stringify(json) })).body)
    }
    const alice = { username: "alice", password: "wonderland" }
    const { access_token: token } = await post("/login", alice)
    const authenticator = createAuthenticator({ origin, rpId: loginHost, algorithm: "RS256" })
    const options = await post("/mfa/passkeys/options", {}, token)
    const credential = authenticator.create(options)
    const added = await post("/mfa/passkeys", { credential, name: "Phone" }, token)
    assert.deepEqual([added.name, added.recovery_codes?.length], ["Phone", 10])
    const browser = openSiteBrowser(site)
    const asked = await browser.open(url)
    assert.equal(new URL(asked.url).pathname, "/login")
    const entered = await browser.usePasskey(asked.url, authenticator)
    assert.deepEqual([entered.url, entered.reply.body], [url, "photos answers\n"])
  })
}
