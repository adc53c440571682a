// One login for apps on several domains, in a real browser behind a real proxy: how it begins, and
// how it ends everywhere.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Page } from "playwright-core"
import { loggedIn, logIn, origins, siteForTests } from "../support/browser_site.ts"

const { skip, site } = await siteForTests()

test("one login opens an app, a second subdomain and another domain, and one logout ends it", {
  skip,
}, async (t) => {
  const page = await site.open(t)
  const album = `${origins.photos}/album?sort=new&page=2#last`
  await page.goto(album)
  assert.match(page.url(), /^https:\/\/login\.home\.example\/login\?to=/)
  await page.getByText("to continue to photos.home.example").waitFor()
  await logIn(page, "alice", "not-the-password")
  await page.getByRole("alert").waitFor()
  await logIn(page, "alice")
  await page.waitForURL((url) => url.origin === origins.photos)
  assert.equal(page.url(), album.replace("#last", ""))
  assert.equal(await shown(page), "photos.home.example for alice")
  for (const origin of [origins.notes, origins.git]) {
    await page.goto(`${origin}/x`)
    assert.deepEqual(
      [page.url(), await shown(page)],
      [`${origin}/x`, `${origin.slice(8)} for alice`],
    )
  }
  await page.goto(`${origins.login}/account`)
  await page.getByRole("button", { name: "Log out", exact: true }).click()
  await page.getByRole("heading", { name: "You are logged out" }).waitFor()
  for (const origin of [origins.photos, origins.notes, origins.git]) {
    await page.goto(`${origin}/x`)
    assert.match(page.url(), /^https:\/\/login\.home\.example\/login\?/)
  }
})

test("an app may send the browser on, to any site, right after the login", { skip }, async (t) => {
  const page = await site.open(t)
  for (const there of [origins.git, origins.evil]) {
    site.pages.set("/jump", { body: "", location: `${there}/landed` })
    await page.context().clearCookies()
    await page.goto(`${origins.photos}/jump`)
    await logIn(page, "alice")
    await page.waitForURL(`${there}/landed`)
    // And right after a logout.
    await page.goto(`${origins.login}/logout?to=${origins.photos}/jump`)
    await page.getByRole("button", { name: "Log out" }).click()
    await page.getByText("to continue to photos.home.example").waitFor()
  }
})

test("twelve tabs of a host that the browser never saw all open", { skip }, async (t) => {
  const page = await loggedIn(t, site, "alice")
  const tabs = await Promise.all(Array.from({ length: 12 }, () => page.context().newPage()))
  await Promise.all(tabs.map((tab, at) => tab.goto(`${origins.git}/tab/${at}`)))
  for (const [at, tab] of tabs.entries()) {
    assert.deepEqual(
      [tab.url(), await shown(tab)],
      [`${origins.git}/tab/${at}`, "git.example.net for alice"],
    )
  }
})

test("tabs that wait for a login all open after one, each at its own address", {
  skip,
}, async (t) => {
  const page = await site.open(t)
  const tabs = await Promise.all(Array.from({ length: 4 }, () => page.context().newPage()))
  await Promise.all(tabs.map((tab, at) => tab.goto(`${origins.photos}/tab/${at}`)))
  const [first = page, ...others] = tabs
  await logIn(first, "alice")
  await first.waitForURL(`${origins.photos}/tab/0`)
  for (const tab of others) await tab.reload()
  for (const [at, tab] of tabs.entries()) assert.equal(tab.url(), `${origins.photos}/tab/${at}`)
})

test("the logout of an app asks, ends the session, and comes back to the app", {
  skip,
}, async (t) => {
  const page = await loggedIn(t, site, "alice")
  await page.goto(`${origins.photos}/`)
  await page.goto(`${origins.login}/logout?to=${origins.photos}/bye`)
  assert.equal(await page.title(), "Log out? – Home")
  await page.getByRole("link", { name: "Stay logged in" }).click()
  await page.waitForURL(`${origins.photos}/bye`)
  await page.goBack()
  await page.getByRole("button", { name: "Log out" }).click()
  // The app needs a login, so it sends the browser on.
  await page.getByText("to continue to photos.home.example").waitFor()
  await logIn(page, "alice")
  await page.waitForURL(`${origins.photos}/bye`)
})

test("after a logout the back button shows nothing that was there", { skip }, async (t) => {
  for (const javaScriptEnabled of [true, false]) {
    const page = await loggedIn(t, site, "alice", { javaScriptEnabled })
    await page.getByRole("button", { name: "Log out", exact: true }).click()
    await page.getByRole("heading", { name: "You are logged out" }).waitFor()
    await page.goBack()
    await page.getByLabel("Username").waitFor()
    assert.equal(page.url(), `${origins.login}/login`)
    assert.equal(await page.getByText("alice").count(), 0)
  }
})

test("an app for a role says who may open it, and lets another person log in", {
  skip,
}, async (t) => {
  const page = await loggedIn(t, site, "bob")
  const users = `${origins.admin}/users`
  assert.equal((await page.goto(users))?.status(), 403)
  assert.equal(page.url(), `${origins.login}/denied?to=${users}`)
  assert.equal(await page.title(), "Error: You can’t open this – Home")
  await page.getByText("but admin.home.example is for the role admin").waitFor()
  await page.getByRole("button", { name: "Log in as someone else" }).click()
  await page.getByText("to continue to admin.home.example").waitFor()
  await run("user", "role", "add", "eve", "admin")
  await logIn(page, "eve")
  await page.waitForURL(users)
  assert.equal(await shown(page), "admin.home.example for eve")
  await run("user", "role", "remove", "eve", "admin")
  assert.deepEqual([(await page.reload())?.status(), page.url()], [403, users])
  await page.getByText("You are logged in, but admin.home.example is not for you.").waitFor()
  await page.getByRole("link", { name: "Why, and what to do" }).click()
  await page.getByText("You are logged in as eve").waitFor()
})

test("the operator's logout ends apps in the browser at the next click", { skip }, async (t) => {
  const page = await loggedIn(t, site, "bob")
  await page.goto(`${origins.git}/x`)
  assert.equal(await shown(page), "git.example.net for bob")
  await run("user", "logout", "bob")
  await page.reload()
  await page.getByText("to continue to git.example.net").waitFor()
})

test("a script of an app gets 401 without a login, and no redirect", {
  skip,
}, async (t) => {
  const page = await loggedIn(t, site, "alice")
  await page.goto(`${origins.photos}/`)
  const ask = `fetch("/data").then(({ status, redirected }) => [status, redirected])`
  assert.deepEqual(await page.evaluate(ask), [200, false])
  await page.context().clearCookies({ domain: "photos.home.example" })
  assert.deepEqual(await page.evaluate(ask), [401, false])
})

/** What an app shows. */
function shown(page: Page): Promise<string> {
  return page.getByRole("heading").innerText()
}

async function run(...words: string[]): Promise<void> {
  const { exitCode, stderr } = await site.command(...words)
  assert.equal(exitCode, 0, stderr)
}
