// Every page in each of its states, in light and dark: axe-core finds nothing (WCAG 2.2 AA), and
// nothing is cut off or needs scrolling sideways on a small screen or with large text. If
// TEST_PICTURES names a directory, pictures for people to look at are written there.

import assert from "node:assert/strict"
import { test } from "node:test"
import { loggedIn, logIn, origins, siteForTests } from "../support/browser_site.ts"
import { desk, look, type Way } from "../support/page_looks.ts"

const { skip, site } = await siteForTests()
const { login } = origins
const safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0) Version/17.0 Safari/604.1"
const chrome = "Mozilla/5.0 (X11; Linux x86_64) Chrome/150.0.0.0 Safari/537.36"

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

async function makeLink(kind: "invite" | "reset", username: string): Promise<string> {
  return JSON.parse(await run("user", kind, username, "--json")).url
}

async function run(...words: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await site.command(...words)
  assert.equal(exitCode, 0, stderr)
  return stdout
}
