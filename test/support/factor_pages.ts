// Second factors in a real browser: what a person reads and types there.

import assert from "node:assert/strict"
import type { Page } from "playwright-core"
import { type BrowserSite, logIn, origins, type passwords } from "./browser_site.ts"
import { codeFor } from "./second_factor.ts"

/** An app, as its person uses it. */
export interface PersonsApp {
  /** A code that did not count yet. */
  freshCode(): string
  readonly recoveryCodes: readonly string[]
}

/** Enters a code at the page that asks for one, or at that of a new app. */
export async function enterCode(page: Page, code: string): Promise<void> {
  await page.getByRole("textbox").fill(code)
  await page.locator("button[type=submit]").first().click()
}

/** The app that a page offers. No code of it counted yet. */
export async function scan(page: Page, { clock }: BrowserSite): Promise<PersonsApp> {
  const secret = await page.locator(".secret").innerText()
  let usedUntil = 0
  return {
    freshCode() {
      // A step later than all that counted: the clock goes on where it has to.
      if (clock.now() < usedUntil + 30) clock.advance(usedUntil + 30 - clock.now())
      usedUntil = clock.now()
      return codeFor(secret, clock.now())
    },
    recoveryCodes: [],
  }
}

/** Sets an app up at the page of a new one, and gives it with its recovery codes. */
export async function setUpAt(page: Page, site: BrowserSite): Promise<PersonsApp> {
  const app = await scan(page, site)
  await enterCode(page, app.freshCode())
  await page.getByRole("heading", { name: "Save your recovery codes" }).waitFor()
  const recoveryCodes = await page.locator("#codes li").allInnerTexts()
  assert.equal(recoveryCodes.length, 10)
  await page.getByRole("link", { name: "I have saved them" }).click()
  return { ...app, recoveryCodes }
}

/** Logs in by password and code at the login page. */
export async function logInWith(
  page: Page,
  app: PersonsApp,
  username: keyof typeof passwords,
): Promise<void> {
  await logIn(page, username)
  await page.getByRole("heading", { name: "Enter your code" }).waitFor()
  await enterCode(page, app.freshCode())
}

/** Makes a link of the operator's. */
export async function makeLink(
  site: BrowserSite,
  kind: "invite" | "reset",
  username: string,
): Promise<string> {
  return String(JSON.parse(await run(site, "user", kind, username, "--json")).url)
}

/** Runs a command of the operator's. */
export async function run(site: BrowserSite, ...words: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await site.command(...words)
  assert.equal(exitCode, 0, stderr)
  return stdout
}

/** Where the account page is. */
export const account = `${origins.login}/account`
