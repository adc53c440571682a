// Hosts with the word `mfa` in a real browser, and the authenticator app on the account page.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Page } from "playwright-core"
import { loggedIn, logIn, origins, passwords, siteForTests } from "../support/browser_site.ts"
import { account, enterCode, logInWith, scan, setUpAt } from "../support/factor_pages.ts"

const { skip, site } = await siteForTests()
const safe = `${origins.safe}/x?y=1`
const vault = `${origins.vault}/z`
const day = 86_400

/** What an app shows. */
function shown(page: Page): Promise<string> {
  return page.getByRole("heading").innerText()
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with script" : "without script"

  test(`a host that needs a second factor leads over its set-up, and lapses after a day (${how})`, {
    skip,
  }, async (t) => {
    const username = javaScriptEnabled ? "alice" : "bob"
    const page = await site.open(t, { javaScriptEnabled })
    await page.goto(`${origins.login}/login`)
    await page.getByLabel("Stay logged in on this device").check()
    await logIn(page, username)
    await page.waitForURL(account)
    assert.equal((await page.goto(safe))?.status(), 403)
    assert.equal(await page.title(), "Error: This needs a second factor – Home")
    await page.reload()
    await page.getByRole("link", { name: "Set up a second factor" }).click()
    const app = await setUpAt(page, site)
    await page.waitForURL(safe)
    assert.equal(await shown(page), `safe.home.example for ${username}`)
    await page.goto(vault)
    assert.deepEqual([page.url(), await shown(page)], [vault, `vault.example.net for ${username}`])
    site.clock.advance(day)
    await page.goto(`${origins.photos}/`)
    assert.equal(await shown(page), `photos.home.example for ${username}`)
    await page.goto(safe)
    await page.getByRole("heading", { name: "Enter your password again" }).waitFor()
    await page.getByLabel("Password", { exact: true }).fill(passwords[username])
    await page.getByRole("button", { name: "Continue" }).click()
    await enterCode(page, app.freshCode())
    await page.waitForURL(safe)
    assert.equal(await shown(page), `safe.home.example for ${username}`)
    await page.goto(vault)
    assert.equal(await shown(page), `vault.example.net for ${username}`)
    // Another browser comes in by password and code at once.
    const other = await site.open(t, { javaScriptEnabled })
    await other.goto(vault)
    await logInWith(other, app, username)
    await other.waitForURL(vault)
    await other.goto(safe)
    assert.equal(await shown(other), `safe.home.example for ${username}`)
  })
}

test("an app is turned on, replaced and turned off on the account page", { skip }, async (t) => {
  const page = await loggedIn(t, site, "eve")
  const other = await loggedIn(t, site, "eve")
  await page.getByText("off: your password alone logs you in").waitFor()
  await page.getByRole("link", { name: "Set up an authenticator app" }).click()
  await page.getByRole("heading", { name: "Add an authenticator app" }).waitFor()
  const app = await setUpAt(page, site)
  await page.getByRole("status").getByText("Your authenticator app is on.").waitFor()
  await page.getByText("10 of 10 recovery codes left").waitFor()
  await other.reload()
  assert.equal(other.url(), `${origins.login}/login`)
  await page.getByRole("link", { name: "Manage the authenticator app" }).click()
  await page.getByRole("link", { name: "Set up another app" }).click()
  const next = await scan(page, site)
  await enterCode(page, next.freshCode())
  await page.getByRole("status").getByText("Your authenticator app is on.").waitFor()
  await logIn(other, "eve")
  await enterCode(other, app.freshCode())
  await other.locator("#code-error").waitFor()
  await enterCode(other, next.freshCode())
  await other.waitForURL(account)
  // After a while the page asks for the password and the code once more, and comes back.
  site.clock.advance(1000)
  await page.goto(`${account}/totp`)
  await page.getByRole("heading", { name: "Enter your password again" }).waitFor()
  await page.getByLabel("Password", { exact: true }).fill(passwords.eve)
  await page.getByRole("button", { name: "Continue" }).click()
  await enterCode(page, next.freshCode())
  await page.waitForURL(`${account}/totp`)
  await page.getByRole("button", { name: "Turn off" }).click()
  await page.getByRole("status").getByText("Your authenticator app is off.").waitFor()
  await other.reload()
  await logIn(other, "eve")
  await other.waitForURL(account)
})

test("recovery codes are copied and printed, and are not there any more afterwards", {
  skip,
}, async (t) => {
  const page = await loggedIn(t, site, "eve")
  await page.goto(`${account}/totp`)
  const app = await scan(page, site)
  await enterCode(page, app.freshCode())
  await page.getByRole("heading", { name: "Save your recovery codes" }).waitFor()
  const codes = await page.locator("#codes li").allInnerTexts()
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"])
  await page.getByRole("button", { name: "Copy" }).click()
  await page.getByRole("button", { name: "Copied" }).waitFor()
  assert.equal(await page.evaluate("navigator.clipboard.readText()"), codes.join("\n"))
  await page.emulateMedia({ media: "print" })
  assert.equal(await page.locator("#codes").isVisible(), true)
  for (const button of await page.locator(".button").all()) {
    assert.equal(await button.isVisible(), false)
  }
  await page.emulateMedia({ media: "screen" })
  await page.getByRole("link", { name: "I have saved them" }).click()
  await page.getByRole("status").waitFor()
  // The browser has kept nothing of that page: it would have to send the form again.
  await assert.rejects(page.goBack(), /ERR_CACHE_MISS/)
  await page.waitForURL("chrome-error://chromewebdata/")
  const text = await page.content()
  for (const code of codes) assert.equal(text.includes(code), false)
  const again = await page.goto(account)
  assert.equal(again?.status(), 200)
})
