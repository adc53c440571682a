// The configurations of examples/protect/ in a real browser: one login for apps on two domains,
// behind nginx, Caddy and HAProxy.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Page } from "playwright-core"
import { logIn } from "../support/browser_site.ts"
import { noBrowser, openPage, startBrowser } from "../support/chromium.ts"
import { gitHost, loginHost, photosHost, startProtectedSite } from "../support/protected_site.ts"
import { proxyPrograms } from "../support/proxy_programs.ts"
import { guardForTests } from "../support/site_browser.ts"

const guard = guardForTests()
const photos = `https://${photosHost}`
const git = `https://${gitHost}`

for (const program of proxyPrograms) {
  test(`${program}: a person logs in once for two domains, and logs out of both`, {
    skip: noBrowser,
  }, async (t) => {
    const site = await startProtectedSite(t, { program, posternPort: guard.port })
    const page = await openPage(t, await startBrowser(t, site))
    // An address with http leads to the one with https.
    const album = `${photos}/album?sort=new&page=2`
    await page.goto(album.replace("https:", "http:"))
    await page.getByText("to continue to photos.home.example").waitFor()
    await logIn(page, "alice", "wonderland")
    await page.waitForURL(album)
    assert.equal(await shown(page), "photos answers")
    const tabs = await Promise.all(Array.from({ length: 5 }, () => page.context().newPage()))
    await Promise.all(tabs.map((tab, at) => tab.goto(`${git}/tab/${at}`)))
    for (const [at, tab] of tabs.entries()) {
      assert.deepEqual([tab.url(), await shown(tab)], [`${git}/tab/${at}`, "git answers"])
    }
    const users = site.reached.map(({ headers }) => headers.get("remote-user"))
    assert.deepEqual([...new Set(users)], ["alice"])
    await page.goto(`https://${loginHost}/logout?to=${photos}/bye`)
    await page.getByRole("button", { name: "Log out" }).click()
    await page.getByText("to continue to photos.home.example").waitFor()
    const [tab = page] = tabs
    const ask = `fetch("/data", { method: "POST", body: "x" }).then(({ status }) => status)`
    assert.equal(await tab.evaluate(ask), 401)
    await tab.reload()
    await tab.getByText("to continue to git.example.net").waitFor()
    await tab.goto(`${git}/public/readme`)
    assert.equal(await shown(tab), "git answers")
  })
}

async function shown(page: Page): Promise<string> {
  return (await page.locator("body").innerText()).trim()
}
