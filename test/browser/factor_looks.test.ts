// The pages of second factors in each of their states, as looks.test.ts looks at the others.

import { test } from "node:test"
import type { Page } from "playwright-core"
import { logIn, origins, siteForTests } from "../support/browser_site.ts"
import { account, enterCode, type PersonsApp, scan, setUpAt } from "../support/factor_pages.ts"
import { desk, look, type Way } from "../support/page_looks.ts"

const { skip, site } = await siteForTests({ POSTERN_REQUIRE_MFA: "role=staff" })
const login = `${origins.login}/login`

/** Bob's, for all tests. */
let bobsApp: PersonsApp | null = null

/** Brings a browser to the page that asks bob for a code. */
async function toCode(page: Page): Promise<void> {
  await page.goto(`${origins.photos}/album`)
  await logIn(page, "bob")
  await page.getByRole("heading", { name: "Enter your code" }).waitFor()
}

/** A browser in which bob has logged in with his app. */
async function asBob(page: Page): Promise<PersonsApp> {
  await page.goto(login)
  await logIn(page, "bob")
  const app = bobsApp
  if (app === null) {
    await page.goto(`${account}/totp`)
    bobsApp = await setUpAt(page, site)
    return bobsApp
  }
  await enterCode(page, app.freshCode())
  await page.waitForURL(account)
  return app
}

const states: Readonly<Record<string, Way>> = {
  "account-app": async (page) => {
    await asBob(page)
    await page.goto(account)
  },
  code: toCode,
  "code-wrong": async (page) => {
    await toCode(page)
    await enterCode(page, "000000")
    await page.locator("#code-error").waitFor()
  },
  recovery: async (page) => {
    await toCode(page)
    await page.getByRole("link", { name: "Use a recovery code" }).click()
    await page.getByRole("heading", { name: "Use a recovery code" }).waitFor()
  },
  "recovery-wrong": async (page) => {
    await toCode(page)
    await page.getByRole("link", { name: "Use a recovery code" }).click()
    await enterCode(page, "0-AAAA-AAAA-AAAA-AAAA")
    await page.locator("#code-error").waitFor()
  },
  "login-codes": async (page) => {
    await toCode(page)
    for (let tries = 1; tries <= 5; tries += 1) {
      await enterCode(page, "000000")
      await page.locator(tries < 5 ? "#code-error" : "#error").waitFor()
    }
  },
  "app-new": async (page) => {
    await page.goto(`${account}/totp`)
    await logIn(page, "alice")
    await page.waitForURL(`${account}/totp`)
  },
  "app-new-wrong": async (page) => {
    await page.goto(`${account}/totp`)
    await logIn(page, "alice")
    await enterCode(page, "000000")
    await page.locator("#code-error").waitFor()
  },
  "app-on": async (page) => {
    await asBob(page)
    await page.goto(`${account}/totp`)
  },
  enrol: async (page) => {
    await site.command("user", "role", "add", "eve", "staff")
    await page.goto(login)
    await logIn(page, "eve")
    await page.getByRole("heading", { name: "Set up a second factor" }).waitFor()
  },
  codes: async (page) => {
    await site.command("user", "role", "add", "eve", "staff")
    await page.goto(login)
    await logIn(page, "eve")
    const app = await scan(page, site)
    await enterCode(page, app.freshCode())
    await page.getByRole("button", { name: "Copy" }).waitFor()
  },
  "account-lapsed": async (page) => {
    await page.goto(login)
    await page.getByLabel("Stay logged in on this device").check()
    await logIn(page, "bob")
    await enterCode(page, bobsApp?.freshCode() ?? "")
    await page.waitForURL(account)
    site.clock.advance(86_400)
    await page.reload()
  },
  "no-factor": async (page) => {
    await page.goto(`${origins.safe}/`)
    await logIn(page, "alice")
    await page.getByRole("heading", { name: "This needs a second factor" }).waitFor()
  },
}

for (const [name, go] of Object.entries(states)) {
  test(`${name}: looks right`, { skip }, async (t) => {
    const page = await site.open(t, { viewport: desk })
    await go(page)
    await look(page, name)
  })
}
