// The pages of passkeys in each of their states, as looks.test.ts looks at the others.

import { test } from "node:test"
import type { Page } from "playwright-core"
import { loggedIn, logIn, origins, siteForTests } from "../support/browser_site.ts"
import { account } from "../support/factor_pages.ts"
import { desk, look, type Way } from "../support/page_looks.ts"
import { giveAuthenticator } from "../support/virtual_authenticator.ts"

const { skip, site } = await siteForTests({ POSTERN_REQUIRE_MFA: "role=staff" })
const login = `${origins.login}/login`
const passkeys = `${account}/passkeys`
const long = "The blue security key on my key ring, which I bought in 2026"

/** Adds a passkey for the person of a page. */
async function add(page: Page, name: string): Promise<void> {
  await page.goto(passkeys)
  await page.getByLabel("Name").fill(name)
  await page.getByRole("button", { name: "Add a passkey" }).click()
  const saved = page.getByRole("link", { name: "I have saved them" })
  await saved.or(page.getByRole("status")).waitFor()
  if ((await saved.count()) > 0) await saved.click()
  await page.getByText(name, { exact: true }).waitFor()
}

const states: Readonly<Record<string, Way>> = {
  "passkeys-none": async (page) => {
    await page.goto(passkeys)
    await logIn(page, "alice")
    await page.getByRole("button", { name: "Add a passkey" }).waitFor()
  },
  "passkeys-stopped": async (page) => {
    const device = await giveAuthenticator(page)
    await device.recognises(false)
    await page.goto(passkeys)
    await logIn(page, "alice")
    await page.getByRole("button", { name: "Add a passkey" }).click()
    await page.getByRole("alert").waitFor()
  },
  "passkeys-two": async (page) => {
    await page.goto(passkeys)
    await logIn(page, "bob")
    const laptop = await giveAuthenticator(page)
    await add(page, "Laptop")
    await laptop.answers(false)
    await giveAuthenticator(page, "usb")
    await add(page, long)
    await page.reload()
  },
  "code-passkey": async (page) => {
    await page.goto(`${origins.photos}/album`)
    await logIn(page, "bob")
    await page.getByRole("button", { name: "Use a passkey" }).waitFor()
  },
  "code-passkey-stopped": async (page) => {
    await page.goto(login)
    await logIn(page, "bob")
    const device = await giveAuthenticator(page)
    await device.recognises(false)
    await page.getByRole("button", { name: "Use a passkey" }).click()
    await page.getByRole("alert").waitFor()
  },
  "login-passkey-wrong": async (page) => {
    await page.goto(login)
    await page.evaluate(`document.querySelector("form[data-passkey]").submit()`)
    await page.getByRole("alert").waitFor()
  },
  "enrol-passkey": async (page) => {
    await site.command("user", "role", "add", "eve", "staff")
    await page.goto(login)
    await logIn(page, "eve")
    await page.getByRole("button", { name: "Set up a passkey" }).waitFor()
  },
}

for (const [name, go] of Object.entries(states)) {
  test(`${name}: looks right`, { skip }, async (t) => {
    const page = await site.open(t, { viewport: desk })
    await go(page)
    await look(page, name)
  })
}

test("account-passkeys: looks right", { skip }, async (t) => {
  const page = await loggedIn(t, site, "alice", { viewport: desk })
  await giveAuthenticator(page)
  await add(page, "Laptop")
  await page.goto(account)
  await look(page, "account-passkeys")
})
