// The login page in a real browser: what people see and hear, with and without a mouse, a script,
// and cookies.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Page } from "playwright-core"
import {
  cookieless,
  loggedIn,
  logIn,
  origins,
  passwords,
  siteForTests,
  titled,
} from "../support/browser_site.ts"

const { skip, site } = await siteForTests()
const login = `${origins.login}/login`
const account = `${origins.login}/account`

test("a wrong password is named in text and title, and its field has the focus", {
  skip,
}, async (t) => {
  const page = await site.open(t)
  await page.goto(account)
  assert.deepEqual([page.url(), await page.title()], [login, "Log in – Home"])
  assert.equal(await focused(page), "username")
  await logIn(page, "alice", "not-the-password")
  await titled(page, "Error")
  assert.equal(await page.title(), "Error: Log in – Home")
  assert.match(await page.getByRole("alert").innerText(), /^That name or password is not right\./)
  assert.equal(await focused(page), "password")
  assert.equal(await page.getByLabel("Username").inputValue(), "alice")
  assert.equal(await page.getByLabel("Password", { exact: true }).inputValue(), "")
  const described = "document.getElementById(document.activeElement.getAttribute"
  assert.match(
    String(await page.evaluate(`${described}("aria-describedby")).innerText`)),
    /^That name or password is not right\./,
  )
  await logIn(page, "alice")
  await page.waitForURL(account)
  assert.equal(await page.title(), "Your account – Home")
  await page.goto(login)
  assert.equal(page.url(), account)
})

test("a stranger who guesses sees how long to wait, and a known device does not wait", {
  skip,
}, async (t) => {
  const known = await loggedIn(t, site, "eve")
  await known.getByRole("button", { name: "Log out", exact: true }).click()
  await known.getByRole("link", { name: "Log in again" }).click()
  const stranger = await site.open(t)
  await stranger.goto(login)
  const title = "Error: Log in – Home"
  let note = ""
  for (let tries = 0; tries < 20 && !note.startsWith("Too many"); tries += 1) {
    await logIn(stranger, "eve", "not-the-password")
    await titled(stranger, "Error")
    note = await stranger.getByRole("alert").innerText()
  }
  assert.match(note, /^Too many attempts\.\s+Try again in (1 second|\d+ seconds)\.$/)
  assert.deepEqual([await stranger.title(), await focused(stranger)], [title, "password"])
  await logIn(known, "eve")
  await known.waitForURL(account)
})

test("a login lives until the browser closes, or as long as a session when it shall stay", {
  skip,
}, async (t) => {
  const day = 86_400
  const lifeOf = async (page: Page, name: string) => {
    const cookies = await page.context().cookies(origins.login)
    const found = cookies.find((cookie) => cookie.name === name) ?? assert.fail(name)
    const { secure, httpOnly, sameSite, domain, path, expires } = found
    assert.deepEqual([secure, httpOnly, sameSite], [true, true, "Lax"])
    assert.deepEqual([domain, path], ["login.home.example", "/"])
    return expires === -1 ? null : Math.round((expires - Date.now() / 1000) / day)
  }
  const page = await loggedIn(t, site, "bob")
  assert.equal(await lifeOf(page, "__Host-postern"), null)
  assert.equal(await lifeOf(page, "__Host-postern_device"), 400)
  const staying = await site.open(t)
  await staying.goto(login)
  await staying.getByLabel("Stay logged in on this device").check()
  await logIn(staying, "bob")
  await staying.waitForURL(account)
  assert.equal(await lifeOf(staying, "__Host-postern"), 30)
})

test("the keyboard alone is enough, and shows where it is", { skip }, async (t) => {
  const page = await site.open(t)
  await page.goto(login)
  const order: string[] = []
  const see = async () => {
    const outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert.equal(await page.evaluate(outline), "solid")
    order.push(await focused(page))
  }
  await page.locator("input:focus").waitFor()
  await see()
  await page.keyboard.type("bob")
  await page.keyboard.press("Tab")
  await see()
  await page.keyboard.type(passwords.bob)
  for (const key of ["Tab", "Tab", "Space", "Tab"]) {
    await page.keyboard.press(key)
    if (key === "Tab") await see()
  }
  assert.deepEqual(order, ["username", "password", "Show password", "stay", "Log in"])
  assert.equal(await page.getByLabel("Stay logged in on this device").isChecked(), true)
  await page.keyboard.press("Enter")
  await page.waitForURL(account)
  await page.goto(`${origins.login}/logout`)
  await page.keyboard.press("Tab")
  await page.keyboard.press("Enter")
  await titled(page, "You are logged out")
  // Enter in a field sends the form, too.
  await page.goto(login)
  // A slow browser focuses the field after it has loaded the page.
  await page.locator("input:focus").waitFor()
  await page.keyboard.type("bob")
  await page.keyboard.press("Tab")
  await page.keyboard.type(passwords.bob)
  await page.keyboard.press("Enter")
  await page.waitForURL(account)
})

test("the button beside a password shows it, and the password is sent hidden", {
  skip,
}, async (t) => {
  const page = await site.open(t)
  await page.goto(login)
  const field = page.getByLabel("Password", { exact: true })
  await page.getByLabel("Username").fill("bob")
  await field.fill("not-the-password")
  await page.getByRole("button", { name: "Show password" }).click()
  assert.equal(await field.getAttribute("type"), "text")
  const sent = `document.forms[0].addEventListener("submit", (e) => {
    e.preventDefault()
    document.title = document.getElementById("password").type
  })`
  await page.evaluate(sent)
  await page.getByRole("button", { name: "Log in" }).click()
  assert.equal(await page.title(), "password")
})

test("everything works without script", { skip }, async (t) => {
  const page = await site.open(t, { javaScriptEnabled: false })
  await page.goto(login)
  assert.equal(await page.getByRole("button").count(), 1)
  await logIn(page, "bob", "not-the-password")
  await page.getByRole("alert").waitFor()
  await logIn(page, "bob")
  await page.waitForURL(account)
  await page.getByText("Change password").first().click()
  await page.getByLabel("Current password").fill("not-the-password")
  await page.getByLabel("New password").fill("another long password")
  await page.getByRole("button", { name: "Change password" }).click()
  await page.getByText("This is not your current password.").waitFor()
  await page.goto(`${origins.photos}/album`)
  assert.match(await page.getByRole("heading").innerText(), /for bob$/)
  await page.goto(`${origins.login}/logout?to=${origins.photos}/album`)
  await page.getByRole("button", { name: "Log out" }).click()
  await page.getByText("to continue to photos.home.example").waitFor()
})

test("a browser that keeps no cookies says so after the login", { skip }, async (t) => {
  const page = await site.open(t, { extraHTTPHeaders: { [cookieless]: "yes" } })
  await page.goto(login)
  await logIn(page, "bob")
  await page.waitForURL(/\/continue\?/)
  assert.equal(await page.title(), "Error: Your browser kept no cookie – Home")
  await page.getByText("Allow cookies for login.home.example").waitFor()
  await page.goto(`${origins.photos}/`)
  await logIn(page, "bob")
  await page.getByRole("heading", { name: "Your browser kept no cookie" }).waitFor()
})

test("over plain http the page says why it does not work there", { skip }, async (t) => {
  const page = await site.open(t)
  const reply = await page.goto("http://login.home.example/login")
  assert.equal(reply?.status(), 421)
  await page.getByText("It came over plain http, where browsers drop its cookie.").waitFor()
  await page.getByRole("link", { name: "Open it there" }).click()
  await page.waitForURL(login)
})

/** What the keyboard is at: the name of a field, or what a button says. */
async function focused(page: Page): Promise<string> {
  const { name, label } = (await page.evaluate(
    `(({ name, ariaLabel, innerText }) => ({ name, label: ariaLabel || innerText }))(document.activeElement)`,
  )) as { readonly name?: string; readonly label: string }
  return name || label
}
