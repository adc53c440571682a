// What other sites try with a real browser of a person who is logged in: forms, frames, cookies,
// tickets and addresses. Nothing may change, and nobody may come in as somebody else.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Page } from "playwright-core"
import { loggedIn, logIn, origins, passwords, siteForTests } from "../support/browser_site.ts"

const { skip, site } = await siteForTests()
const account = `${origins.login}/account`
const refused = "Error: This came from another site – Home"

const forms: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "/login": { username: "bob", password: passwords.bob },
  "/logout": {},
  "/password": { current: passwords.alice, new: "a password of the attacker" },
  "/account/sessions/end": { session: "any" },
  "/account/logout-others": {},
  "/account/trust/end": {},
}

for (const origin of [origins.evil, origins.sibling, origins.photos]) {
  test(`forms of ${origin} change nothing and log nobody in`, { skip }, async (t) => {
    const page = await loggedIn(t, site, "alice")
    for (const [path, fields] of Object.entries(forms)) {
      await showStrange(page, origin, formTo(path, fields))
      await page.locator("button").click()
      await page.waitForURL(`${origins.login}${path}`)
      assert.equal(await page.title(), refused)
    }
    await page.goto(account)
    await page.getByRole("heading", { name: "alice" }).waitFor()
  })
}

test("forms of another site log nobody in who is logged out", { skip }, async (t) => {
  const page = await site.open(t)
  await showStrange(page, origins.evil, formTo("/login", forms["/login"] ?? {}))
  await page.locator("button").click()
  await page.waitForURL(`${origins.login}/login`)
  assert.equal(await page.title(), refused)
  assert.deepEqual(await page.context().cookies(), [])
})

test("a form that another site sends in the background changes nothing", { skip }, async (t) => {
  const page = await loggedIn(t, site, "alice")
  await showStrange(page, origins.sibling, "<p>quiet</p>")
  const send = (path: string) => `fetch("${origins.login}${path}", {
    method: "POST", mode: "no-cors", credentials: "include", body: new URLSearchParams({ x: "y" }),
  })`
  for (const path of Object.keys(forms)) await page.evaluate(`${send(path)}.catch(() => null)`)
  const read = `fetch("${origins.login}/account", { credentials: "include" })`
  const outcome = await page.evaluate(`${read}.then(() => "read", () => "refused")`)
  assert.equal(outcome, "refused")
  await page.goto(account)
  await page.getByRole("heading", { name: "alice" }).waitFor()
})

test("no page is shown in a frame of another site", { skip }, async (t) => {
  const page = await loggedIn(t, site, "alice")
  for (const path of ["/login", "/account", "/logout", "/denied"]) {
    await showStrange(page, origins.sibling, `<iframe src="${origins.login}${path}"></iframe>`)
    const [, frame] = page.frames()
    await page.waitForLoadState()
    const html = (await frame?.content()) ?? assert.fail("no frame")
    assert.doesNotMatch(html, /alice|<form|Home/, path)
  }
})

test("cookies that a host of the same domain plants log nobody in or out", {
  skip,
}, async (t) => {
  const attacker = await loggedIn(t, site, "eve")
  const [{ value } = assert.fail("no cookie")] = await attacker.context().cookies(origins.login)
  const page = await loggedIn(t, site, "alice")
  await page.goto(`${origins.photos}/`)
  // U+2000 in UTF-8, which some servers take for a blank.
  const blank = Buffer.from("\u2000").toString("latin1")
  const names = ["__Host-postern", "__host-postern", "__Secure-x; __Host-postern"]
  const planted = names.flatMap((name) =>
    ["home.example", ".home.example", "login.home.example"].flatMap((domain) => [
      `${name}=${value}; Domain=${domain}; Path=/; Secure`,
      `${name}=${value}; Domain=${domain}; Path=/account; Secure`,
      `=${name}=${value}; Domain=${domain}; Path=/; Secure`,
      `${blank}${name}=${value}; Domain=${domain}; Path=/; Secure`,
    ]),
  )
  await showStrange(page, origins.sibling, "<p>planted</p>", planted)
  const kept = await page.context().cookies(origins.login)
  assert.ok(
    kept.some(({ domain }) => domain === ".home.example"),
    "the browser kept none",
  )
  for (const path of ["/account", "/login"]) {
    await page.goto(`${origins.login}${path}`)
    await page.getByRole("heading", { name: "alice" }).waitFor()
  }
  await page.goto(`${origins.photos}/`)
  await page.getByRole("heading", { name: "photos.home.example for alice" }).waitFor()
})

test("a ticket of one browser logs no other browser in", { skip }, async (t) => {
  const attacker = await loggedIn(t, site, "eve")
  const victim = await site.open(t)
  const ticket = await stolenTicket(attacker, origins.photos)
  // Also when the victim has a state cookie of its own.
  await victim.goto(`${origins.photos}/mine`)
  await victim.goto(ticket)
  await victim.getByLabel("Username").waitFor()
  const cookies = await victim.context().cookies(origins.photos)
  assert.deepEqual(
    cookies.map(({ name }) => name),
    ["__Host-postern_try"],
  )
  // Nor does one replace another person's login.
  await logIn(victim, "alice")
  await victim.waitForURL((url) => url.origin === origins.photos)
  const another = await stolenTicket(await loggedIn(t, site, "eve"), origins.photos)
  await victim.goto(another)
  await victim.getByRole("heading", { name: "photos.home.example for alice" }).waitFor()
})

test("`to` leads nowhere but to protected hosts", { skip }, async (t) => {
  const page = await loggedIn(t, site, "alice")
  const hostile = [
    ...[origins.evil, "//evil.example.org/", "https:evil.example.org", "/\\evil.example.org"],
    ...[
      "https://photos.home.example.evil.example.org/",
      "https://photos.home.example@evil.example.org/",
    ],
    ...["https://evil.example.org\\@photos.home.example/", "http://photos.home.example/"],
    ...["javascript:alert(1)", "https://photos.home.example:444/", "\thttps://evil.example.org"],
  ]
  const title = "Error: This address can’t be opened from here – Home"
  const paths = ["/login", "/continue", "/logout", "/denied"]
  for (const [at, to] of hostile.entries()) {
    const path = paths[at % paths.length]
    await page.goto(`${origins.login}${path}?to=${encodeURIComponent(to)}`)
    assert.deepEqual([page.url().startsWith(origins.login), await page.title()], [true, title], to)
  }
})

function formTo(path: string, fields: Readonly<Record<string, string>>): string {
  const inputs = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${value}">`,
  )
  return `<form method="post" action="${origins.login}${path}">${inputs.join("")}<button>Win</button></form>`
}

/** Opens a page of another site. */
async function showStrange(
  page: Page,
  origin: string,
  body: string,
  cookies: readonly string[] = [],
): Promise<void> {
  site.pages.set("/trap", { body, cookies })
  await page.goto(`${origin}/trap`)
}

/** The address with the ticket that this browser gets, before it opens that. */
async function stolenTicket(page: Page, origin: string): Promise<string> {
  const opening = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" }
  const first = await site.ask(`${origin}/theirs`, { headers: opening })
  const cookies = await page.context().cookies(origins.login)
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ")
  const handed = await site.ask(first.headers.location ?? "", { headers: { cookie } })
  const ticket = handed.headers.location ?? ""
  assert.match(ticket, /\/\.postern\/in\?t=/)
  return ticket
}
