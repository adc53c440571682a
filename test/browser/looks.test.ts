// Every page in each of its states, in light and dark: axe-core finds nothing (WCAG 2.2 AA), and
// nothing is cut off or needs scrolling sideways on a small screen or with large text. Pictures for
// people to look at are written to the directory TEST_PICTURES, or build/pictures.

import assert from "node:assert/strict"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { fileURLToPath } from "node:url"
import axe from "axe-core"
import type { Page } from "playwright-core"
import { loggedIn, logIn, origins, siteForTests } from "../support/browser_site.ts"

const { skip, site } = await siteForTests()
const { login } = origins
const pictures =
  process.env["TEST_PICTURES"] ?? fileURLToPath(new URL("../../build/pictures", import.meta.url))

const desk = { width: 1000, height: 760 }
/** What 1280 pixels are at 400 % (WCAG 1.4.10). */
const narrowest = { width: 320, height: 640 }
const phone = { width: 360, height: 740 }

const safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0) Version/17.0 Safari/604.1"
const chrome = "Mozilla/5.0 (X11; Linux x86_64) Chrome/150.0.0.0 Safari/537.36"

/** Brings a new browser to a page. */
type Way = (page: Page) => Promise<unknown>

const photos = `${origins.photos}/album`
const toPhotos = `${login}/continue?to=${photos}`

const ofStrangers: Readonly<Record<string, Way>> = {
  login: (page) => page.goto(`${login}/login`),
  "login-to": (page) => page.goto(photos),
  "login-wrong": async (page) => {
    await page.goto(photos)
    await logIn(page, "bob", "not-the-password")
    await page.getByRole("alert").waitFor()
  },
  "login-no-name": async (page) => {
    await page.goto(`${login}/login`)
    await page.evaluate("document.forms[0].noValidate = true")
    await page.getByRole("button", { name: "Log in" }).click()
    await page.getByText("Enter your username.").waitFor()
  },
  "login-too-many": async (page) => {
    await page.goto(`${login}/login`)
    for (let tries = 0; tries < 20; tries += 1) {
      await logIn(page, "eve", "not-the-password")
      await page.getByRole("alert").waitFor()
      if ((await page.getByText("Too many attempts.").count()) > 0) return
    }
  },
  "logged-out": (page) => page.goto(`${login}/logout`),
  cookie: (page) => page.goto(`${login}/continue?after=${Math.floor(Date.now() / 1000)}`),
  unlisted: (page) => page.goto(`${login}/login?to=https://evil.example.org/`),
  "wrong-address": (page) => page.goto("http://login.home.example/login"),
  "link-gone": (page) => page.goto(`${login}/reset`),
  invite: async (page) => page.goto(await makeLink("invite", "carol")),
  "invite-long": async (page) => page.goto(await makeLink("invite", `${"x".repeat(200)}@long`)),
  reset: async (page) => page.goto(await makeLink("reset", "bob")),
  "invite-refused": async (page) => {
    await page.goto(await makeLink("invite", "dave"))
    await page.getByLabel("New password", { exact: true }).fill("dave-dave-dave-dave")
    await page.getByRole("button", { name: "Set password and log in" }).click()
    await page.locator("#password-error").waitFor()
  },
  "cross-site": async (page) => {
    const form = `<form method="post" action="${login}/logout"><button>Win</button></form>`
    site.pages.set("/trap", { body: form })
    await page.goto(`${origins.evil}/trap`)
    await page.locator("button").click()
    await page.waitForURL(`${login}/logout`)
  },
}

const ofUsers: Readonly<Record<string, Way>> = {
  account: (page) => page.goto(`${login}/account`),
  "account-wrong": async (page) => {
    await page.goto(`${login}/account`)
    await page.locator("summary").click()
    await page.getByLabel("Current password", { exact: true }).fill("not-the-password")
    await page.getByLabel("New password", { exact: true }).fill("granite-feather-harvest")
    await page.getByRole("button", { name: "Change password" }).click()
    await page.locator("#current-error").waitFor()
  },
  "account-done": async (page) => {
    await page.goto(`${login}/account`)
    await page.getByRole("button", { name: "Log out Safari on iPhone" }).first().click()
    await page.getByRole("status").waitFor()
  },
  "log-out": (page) => page.goto(`${login}/logout?to=${photos}`),
  "login-again": (page) => page.goto(`${login}/login?again=1`),
  denied: (page) => page.goto(`${origins.admin}/`),
  onward: async (page) => {
    // Without content the browser stays where it is.
    await page.route(`${origins.photos}/**`, (route) => route.fulfill({ status: 204 }))
    await page.goto(`${toPhotos}&after=${Math.floor(Date.now() / 1000)}`)
  },
  "hand-over": (page) => page.goto(`${toPhotos}&st=${"x".repeat(43)}&n=7`),
  "denied-at-host": async (page) => {
    await run("user", "role", "add", "alice", "admin")
    await page.goto(`${origins.admin}/`)
    await run("user", "role", "remove", "alice", "admin")
    await page.reload()
    await page.getByText("is not for you").waitFor()
  },
}

for (const [name, go] of Object.entries(ofStrangers)) {
  test(`${name}: looks right`, { skip }, async (t) => {
    const page = await site.open(t, { viewport: desk })
    await go(page)
    await look(page, name)
  })
}

for (const [name, go] of Object.entries(ofUsers)) {
  test(`${name}: looks right`, { skip }, async (t) => {
    if (name.startsWith("account")) await loggedIn(t, site, "alice", { userAgent: safari })
    const page = await loggedIn(t, site, "alice", { viewport: desk, userAgent: chrome })
    await go(page)
    await look(page, name)
  })
}

async function look(page: Page, name: string): Promise<void> {
  mkdirSync(pictures, { recursive: true })
  const picture = (kind: string) =>
    page.screenshot({ path: join(pictures, `${name}-${kind}.png`), fullPage: true })
  await page.evaluate(axe.source)
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
    assert.deepEqual(await violations(page), [], colorScheme)
    await picture(colorScheme)
  }
  await page.emulateMedia({ colorScheme: "light" })
  await page.setViewportSize(phone)
  await fits(page, "360 px")
  await picture("360")
  await page.setViewportSize(narrowest)
  await fits(page, "320 px")
  await page.setViewportSize(phone)
  await page.evaluate("document.documentElement.style.fontSize = '200%'")
  await fits(page, "text at 200 %")
  await picture("large")
  await tabThrough(page)
}

/** The keyboard comes to everything that a mouse can press, and shows where it is. */
async function tabThrough(page: Page): Promise<void> {
  const all = `[...document.querySelectorAll("a, button, input, summary")].filter((element) =>
    element.checkVisibility())`
  const count = Number(await page.evaluate(`${all}.length`))
  const reached = new Set<unknown>()
  for (let presses = 0; presses < 2 * count + 2 && reached.size < count; presses += 1) {
    await page.keyboard.press("Tab")
    const [at, outline] = (await page.evaluate(
      `[${all}.indexOf(document.activeElement), getComputedStyle(document.activeElement).outlineStyle]`,
    )) as readonly [number, string]
    if (at !== -1) assert.notEqual(outline, "none")
    if (at !== -1) reached.add(at)
  }
  assert.equal(reached.size, count, "out of reach of the keyboard")
}

async function violations(page: Page): Promise<unknown> {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
  const options = { runOnly: tags, resultTypes: ["violations"] }
  return page.evaluate(`axe.run(document, ${JSON.stringify(options)}).then(({ violations }) =>
    violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]))`)
}

/** Nothing is wider than the window, and no button cuts its text off or breaks its words. */
async function fits(page: Page, when: string): Promise<void> {
  const wide = await page.evaluate(`[...document.querySelectorAll("body *")].filter((element) =>
    element.getBoundingClientRect().right > innerWidth + 0.5 ||
    (element.matches(".button") && element.offsetHeight > element.offsetWidth) ||
    (element.matches("button, a, summary") && element.scrollWidth > element.clientWidth + 1 &&
      getComputedStyle(element).display !== "inline")
  ).map(({ outerHTML }) => outerHTML.slice(0, 120))`)
  const scroll = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
  assert.deepEqual([wide, scroll], [[], 0], when)
}

async function makeLink(kind: "invite" | "reset", username: string): Promise<string> {
  return JSON.parse(await run("user", kind, username, "--json")).url
}

async function run(...words: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await site.command(...words)
  assert.equal(exitCode, 0, stderr)
  return stdout
}
