// The account page and the operator's links in a real browser.

import assert from "node:assert/strict"
import { test } from "node:test"
import {
  loggedIn,
  logIn,
  origins,
  passwords,
  siteForTests,
  titled,
} from "../support/browser_site.ts"

const { skip, site } = await siteForTests()
const account = `${origins.login}/account`
const chosen = "granite-feather-harvest"

test("a person sees where they are logged in, and ends one session there, or all others", {
  skip,
}, async (t) => {
  const page = await loggedIn(t, site, "alice")
  const phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari/604.1"
  const other = await loggedIn(t, site, "alice", { userAgent: phone })
  const third = await loggedIn(t, site, "alice")
  await other.goto(`${origins.photos}/`)
  await page.reload()
  const rows = page.locator(".rows").first().getByRole("listitem")
  assert.equal(await rows.count(), 3)
  assert.equal(await page.getByText("This device").count(), 1)
  await page.getByRole("button", { name: "Log out Safari on iPhone" }).click()
  await page.getByRole("status").getByText("You are logged out there.").waitFor()
  assert.equal(await rows.count(), 2)
  await other.reload()
  await other.getByText("to continue to photos.home.example").waitFor()
  await page.getByRole("button", { name: "Log out everywhere else" }).click()
  await page.getByRole("status").getByText("You are logged out everywhere else.").waitFor()
  assert.equal(await rows.count(), 1)
  assert.equal(await page.getByRole("button", { name: "everywhere else" }).count(), 0)
  await third.reload()
  assert.equal(third.url(), `${origins.login}/login`)
})

test("a person changes the password, sees what is wrong with it, and ends other sessions", {
  skip,
}, async (t) => {
  const page = await loggedIn(t, site, "bob")
  const other = await loggedIn(t, site, "bob")
  const send = async (current: string, next: string) => {
    await page.getByLabel("Current password", { exact: true }).fill(current)
    await page.getByLabel("New password", { exact: true }).fill(next)
    await page.getByRole("button", { name: "Change password" }).click()
  }
  const focus = "document.activeElement.id"
  await page.locator("summary").click()
  await send("not-the-password", chosen)
  await page.getByText("This is not your current password.").waitFor()
  assert.equal(await page.title(), "Error: Your account – Home")
  assert.equal(await page.evaluate(focus), "current")
  await send(passwords.bob, "bob-bob-bob-bob-bob")
  await page.locator("#new-error").waitFor()
  assert.equal(await page.evaluate(focus), "new")
  // Too short: the browser says so itself, and sends nothing.
  await send(passwords.bob, "too short")
  assert.equal(await page.evaluate("document.querySelector('#new').validity.tooShort"), true)
  await send(passwords.bob, chosen)
  await page.getByRole("status").getByText("Your password is changed.").waitFor()
  await other.reload()
  assert.equal(other.url(), `${origins.login}/login`)
  await logIn(other, "bob", passwords.bob)
  await other.getByRole("alert").waitFor()
  await logIn(other, "bob", chosen)
  await other.waitForURL(account)
})

test("the account shows recent logins and wrong passwords", { skip }, async (t) => {
  const stranger = await site.open(t)
  await stranger.goto(`${origins.login}/login`)
  await logIn(stranger, "eve", "not-the-password")
  await stranger.getByRole("alert").waitFor()
  const page = await loggedIn(t, site, "eve")
  const recent = page.locator("h2:has-text('Recent logins') + ul").getByRole("listitem")
  assert.deepEqual(await recent.allInnerTexts(), [
    "Login\njust now · 127.0.0.1",
    "Wrong password\njust now · 127.0.0.1",
  ])
})

test("an invite: opened by previews and twice, used once by its person", { skip }, async (t) => {
  const url = await makeLink("invite", "carol")
  // A preview keeps no cookies, a scanner follows the redirect.
  for (const method of ["HEAD", "GET", "GET"]) {
    const { statusCode, headers } = await site.ask(url, { method })
    assert.deepEqual([statusCode, headers.location], [303, "/invite"])
    const [cookie = ""] = headers["set-cookie"] ?? []
    const shown = await site.ask(`${origins.login}/invite`, { headers: { cookie } })
    assert.equal(shown.statusCode, 200)
  }
  const page = await site.open(t)
  await page.goto(url)
  assert.equal(page.url(), `${origins.login}/invite`)
  assert.equal(await page.title(), "Choose a password – Home")
  await page.reload()
  const twin = await site.open(t)
  await twin.goto(url)
  const field = page.getByLabel("New password", { exact: true })
  assert.equal(await field.getAttribute("autocomplete"), "new-password")
  const name = page.locator("[autocomplete=username]")
  assert.equal(await name.inputValue(), "carol")
  await field.fill("carol-carol-carol-carol")
  await page.getByRole("button", { name: "Set password and log in" }).click()
  await titled(page, "Error")
  await field.fill(chosen)
  await page.getByRole("button", { name: "Set password and log in" }).click()
  await page.waitForURL(account)
  await page.getByRole("heading", { name: "carol" }).waitFor()
  await page.goto(`${origins.login}/invite`)
  await page.getByRole("heading", { name: "This link doesn’t work" }).waitFor()
  await twin.getByLabel("New password", { exact: true }).fill(`${chosen}-again`)
  await twin.getByRole("button", { name: "Set password and log in" }).click()
  await twin.getByRole("heading", { name: "This link doesn’t work" }).waitFor()
  await twin.goto(url)
  await twin.getByRole("heading", { name: "This link doesn’t work" }).waitFor()
})

test("a reset ends the person's other sessions, and works without script", { skip }, async (t) => {
  const before = await loggedIn(t, site, "eve")
  await before.goto(`${origins.git}/x`)
  const old = await makeLink("reset", "eve")
  const url = await makeLink("reset", "eve")
  const page = await site.open(t, { javaScriptEnabled: false })
  await page.goto(old)
  await page.getByRole("heading", { name: "This link doesn’t work" }).waitFor()
  await page.goto(url)
  await page.getByRole("heading", { name: "New password for eve" }).waitFor()
  await page.getByLabel("New password", { exact: true }).fill(chosen)
  await page.getByRole("button", { name: "Set password and log in" }).click()
  await page.waitForURL(account)
  await before.reload()
  await before.getByText("to continue to git.example.net").waitFor()
})

async function makeLink(kind: "invite" | "reset", username: string): Promise<string> {
  const { exitCode, stdout, stderr } = await site.command("user", kind, username, "--json")
  assert.equal(exitCode, 0, stderr)
  return String(JSON.parse(stdout).url)
}
