// The tickets of a hand-over: each counts once, on one host, in one browser, for a minute.

import assert from "node:assert/strict"
import { test } from "node:test"
import {
  background,
  createProtectedService,
  jarOf,
  loggedInBrowser,
  openAppBrowser,
  opening,
  proxyKinds,
  ticketFor,
  userIn,
} from "../support/protected_apps.ts"

const photos = "https://photos.example.org/albums/1?sort=new"
const session = "__Host-postern"
const state = "__Host-postern_try"

test("a ticket counts once, in the browser that began", async (t) => {
  const service = await createProtectedService(t)
  const browser = await loggedInBrowser(service)
  const ticket = await ticketFor(browser, photos)
  const other = openAppBrowser(service)
  await other.ask(photos)
  // Somebody else uses it first: they are not let in, and it is used up.
  const stolen = await other.ask(ticket)
  assert.equal(jarOf(other.jars, photos).get(session), undefined)
  assert.match(stolen.headers["Location"] ?? "", /&n=1$/)
  const late = await browser.ask(ticket)
  assert.equal(jarOf(browser.jars, photos).get(session), undefined)
  // All is tried once more.
  const { url, reply } = await browser.open(late.headers["Location"] ?? "")
  assert.deepEqual([url, userIn(reply)], [photos, "alice"])
  // Again, with the cookie there: just to the page, and no cookie.
  const again = await browser.ask(ticket)
  assert.deepEqual([again.headers["Location"], again.cookies], [photos, []])
})

test("nobody is logged in by a ticket that somebody else got", async (t) => {
  const service = await createProtectedService(t)
  const attacker = await loggedInBrowser(service, "bob", "builder")
  const ticket = await ticketFor(attacker, photos)
  const victim = openAppBrowser(service)
  for (const url of [ticket, photos, ticket]) {
    await victim.ask(url)
    assert.equal(jarOf(victim.jars, photos).get(session), undefined)
  }
  const own = await loggedInBrowser(service)
  await own.open(photos)
  await own.ask(await ticketFor(attacker, photos))
  assert.equal(userIn(await own.ask(photos)), "alice")
})

test("a ticket counts on its host alone, and is used up on any other", async (t) => {
  const service = await createProtectedService(t)
  const browser = await loggedInBrowser(service)
  const ticket = await ticketFor(browser, photos)
  // Even with the same state.
  const tried = jarOf(browser.jars, photos).get(state) ?? ""
  const elsewhere = "https://a.lab.example.org"
  jarOf(browser.jars, elsewhere).set(state, tried)
  const wrong = await browser.ask(ticket.replace("https://photos.example.org", elsewhere))
  assert.equal(jarOf(browser.jars, elsewhere).get(session), undefined)
  const to = wrong.headers["Location"] ?? ""
  assert.ok(to.includes("to=https://a.lab.example.org/&"), to)
  await browser.ask(ticket)
  assert.equal(jarOf(browser.jars, photos).get(session), undefined)
})

const harmless: readonly (readonly [
  name: string,
  method: string,
  headers: Record<string, string>,
])[] = [
  ["HEAD", "HEAD", opening],
  ["POST", "POST", opening],
  [
    "OPTIONS",
    "OPTIONS",
    { ...opening, origin: "https://x", "access-control-request-method": "GET" },
  ],
  ["a preview", "GET", { accept: "*/*" }],
  ["a script", "GET", background],
  ["an image", "GET", { "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" }],
]

for (const [name, method, headers] of harmless) {
  test(`${name} uses no ticket up, and the app never sees it`, async (t) => {
    const service = await createProtectedService(t)
    const browser = await loggedInBrowser(service)
    const ticket = await ticketFor(browser, photos)
    for (const kind of proxyKinds) {
      const reply = await browser.ask(ticket, { method, headers, kind })
      assert.deepEqual([reply.status, reply.cookies ?? []], [401, []])
      assert.equal(reply.headers["Location"], undefined)
    }
    const { url, reply } = await browser.open(ticket)
    assert.deepEqual([url, userIn(reply)], [photos, "alice"])
    // With the cookie, too.
    assert.equal((await browser.ask(ticket, { method, headers })).status, 401)
  })
}

test("a ticket is good for a minute", async (t) => {
  const service = await createProtectedService(t)
  const browser = await loggedInBrowser(service)
  const ticket = await ticketFor(browser, photos)
  service.clock.advance(60)
  const { headers } = await browser.ask(ticket)
  assert.equal(jarOf(browser.jars, photos).get(session), undefined)
  assert.match(headers["Location"] ?? "", /^https:\/\/login\.example\.org\/continue\?/)
})

test("a ticket of a login that has ended logs nobody in", async (t) => {
  const service = await createProtectedService(t)
  const browser = await loggedInBrowser(service)
  const ticket = await ticketFor(browser, photos)
  await browser.login.ask("/logout", { form: {} })
  const { url } = await browser.open(ticket)
  assert.equal(jarOf(browser.jars, photos).get(session), undefined)
  assert.ok(url.startsWith("https://login.example.org/login?"), url)
})

test("tickets that were changed or made up log nobody in, and break nothing", async (t) => {
  const service = await createProtectedService(t)
  const browser = await loggedInBrowser(service)
  const ticket = await ticketFor(browser, photos)
  const start = "https://photos.example.org/.postern/in"
  const token = ticket.slice(start.length + 3)
  const flipped = `${token.slice(0, 20)}${token[20] === "A" ? "B" : "A"}${token.slice(21)}`
  for (const query of [
    ...["", "?", "?t=", "?t=x", "?t=x.y", `?t=${flipped}`, `?t=${token}x`, `?t=${token.slice(1)}`],
    ...[
      `?t=${token}&t=${token}`,
      `?x=1&t=${token}`,
      `?t=${token}#`,
      `?T=${token}`,
      `?t=${token}%00`,
    ],
    ...[`?t=.${"a".repeat(32)}`, `?t=${"a".repeat(7000)}.${"a".repeat(32)}`],
  ]) {
    const { status, headers, cookies = [] } = await browser.ask(`${start}${query}`)
    assert.deepEqual([status, cookies], [302, []], query)
    const location = headers["Location"] ?? ""
    assert.ok(
      location.startsWith("https://login.example.org/continue?to=https://photos.example.org/&"),
    )
  }
  for (const path of [
    "/.postern",
    "/.postern/",
    "/.postern/x",
    "/.postern/in/",
    "/.postern/in/x",
  ]) {
    assert.equal((await browser.ask(`https://photos.example.org${path}`)).status, 401, path)
  }
  assert.equal(userIn((await browser.open(ticket)).reply), "alice")
})
