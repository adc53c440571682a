// Trusting a browser, in a real one: what that spares, what it does not, and how it ends.

import assert from "node:assert/strict"
import { test } from "node:test"
import { loggedIn, logIn, origins, passwords, siteForTests } from "../support/browser_site.ts"
import { account, enterCode, setUpAt } from "../support/factor_pages.ts"

const { skip, site } = await siteForTests({ POSTERN_TRUST_DEVICE: "30d" })
const label = "Don’t ask for a code on this device for 30 days"

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with script" : "without script"
  const username = javaScriptEnabled ? "alice" : "bob"

  test(`a browser that is trusted is not asked for the code (${how})`, { skip }, async (t) => {
    const first = await loggedIn(t, site, username)
    await first.goto(`${account}/totp`)
    const app = await setUpAt(first, site)
    await first.getByRole("status").getByText("Your authenticator app is on.").waitFor()

    const page = await site.open(t, { javaScriptEnabled })
    const asked = page.getByRole("heading", { name: "Enter your code" })
    const logOut = async () => {
      await page.goto(account)
      await page.getByRole("button", { name: "Log out", exact: true }).click()
      await page.getByRole("link", { name: "Log in again" }).click()
    }
    await page.goto(account)
    await logIn(page, username)
    await asked.waitFor()
    const box = page.getByLabel(label)
    assert.equal(await box.isChecked(), false)
    await box.check()
    await enterCode(page, app.freshCode())
    await page.waitForURL(account)
    const cookies = await page.context().cookies(origins.login)
    const trust = cookies.find(({ name }) => name === "__Host-postern_trust")
    assert.deepEqual([trust?.secure, trust?.httpOnly, trust?.sameSite], [true, true, "Lax"])

    await logOut()
    await logIn(page, username)
    await page.waitForURL(account)
    // A host that needs the factor asks for it all the same.
    await page.goto(`${origins.safe}/`)
    await page.getByRole("heading", { name: "Enter your password again" }).waitFor()
    await page.getByLabel("Password", { exact: true }).fill(passwords[username])
    await page.locator("button[type=submit]").first().click()
    await asked.waitFor()

    await page.goto(account)
    await page.getByText("1 device needs no code").waitFor()
    await page.getByRole("button", { name: "Ask for a code again" }).click()
    await page.getByRole("status").getByText("All devices are asked for a code").waitFor()
    await logOut()
    await logIn(page, username)
    await asked.waitFor()
  })
}
