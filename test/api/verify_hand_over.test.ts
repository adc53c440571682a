// The hand-over of a login to the hosts of apps: by which steps a browser comes in, and what does
// not bring it in.

import assert from "node:assert/strict"
import { test } from "node:test"
import { nextOf } from "../support/fake_browser.ts"
import {
  background,
  createProtectedService,
  jarOf,
  loggedInBrowser,
  openAppBrowser,
  proxyKinds,
  ticketFor,
  userIn,
} from "../support/protected_apps.ts"

const photos = "https://photos.example.org/albums/1?sort=new"
const notes = "https://notes.example.net:8443/"
const session = "__Host-postern"
const state = "__Host-postern_try"

for (const kind of proxyKinds) {
  test(`${kind}: a first visit leads through the login page and back`, async (t) => {
    const service = await createProtectedService(t)
    const browser = openAppBrowser(service)
    const first = await browser.ask(photos, { kind })
    assert.equal(first.status, kind === "nginx" ? 401 : 302)
    const location = first.headers["Location"] ?? ""
    const start = `https://login.example.org/continue?to=${photos.replaceAll("&", "%26")}&st=`
    assert.ok(location.startsWith(start), location)
    const [cookie = ""] = first.cookies ?? []
    assert.match(
      cookie,
      /^__Host-postern_try=[\w-]{22}; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=600$/,
    )
    const page = await browser.open(photos, { kind })
    assert.ok(page.url.startsWith("https://login.example.org/login?"), page.url)
    const form = { username: "alice", password: "wonderland" }
    const sent = await browser.login.send(page.reply, "/login", form)
    const last = await browser.open(nextOf(sent), { kind })
    assert.deepEqual([last.url, userIn(last.reply)], [photos, "alice"])
    assert.deepEqual([...jarOf(browser.jars, photos).keys()], [state, session])
    assert.equal(userIn(await browser.ask(photos, { kind, headers: background })), "alice")
  })

  test(`${kind}: further hosts, of other domains too, need no password`, async (t) => {
    const service = await createProtectedService(t)
    const browser = await loggedInBrowser(service)
    for (const url of [
      photos,
      notes,
      "https://a.lab.example.org/x",
      "https://b.lab.example.org/",
    ]) {
      const { url: last, reply } = await browser.open(url, { kind })
      assert.deepEqual([last, userIn(reply)], [url, "alice"])
    }
    const values = [...browser.jars.values()].map((jar) => jar.get(session))
    assert.equal(new Set(values).size, 4)
  })
}

test("a gate cookie lives as long as the login: with the browser, or for its whole life", async (t) => {
  const service = await createProtectedService(t)
  const cookieAfter = async (form: Readonly<Record<string, string>>) => {
    const browser = openAppBrowser(service)
    await browser.login.ask("/login", {
      form: { username: "alice", password: "wonderland", ...form },
    })
    const reply = await browser.ask(await ticketFor(browser, photos))
    assert.deepEqual([reply.status, reply.headers["Location"]], [302, photos])
    return reply.cookies?.[0]?.replace(/=[^;]*/, "")
  }
  const attributes = "__Host-postern; Path=/; Secure; HttpOnly; SameSite=Lax"
  assert.equal(await cookieAfter({}), attributes)
  assert.equal(await cookieAfter({ stay: "1" }), `${attributes}; Max-Age=604800`)
})

test("twelve tabs of a new host at once all come in", async (t) => {
  const service = await createProtectedService(t)
  const browser = await loggedInBrowser(service)
  const tabs = Array.from({ length: 12 }, (_, at) => `https://photos.example.org/tab/${at}`)
  const opened = await Promise.all(tabs.map((url) => browser.open(url)))
  assert.deepEqual(
    opened.map(({ url, reply }) => [url, userIn(reply)]),
    tabs.map((url) => [url, "alice"]),
  )
})

test("a tab comes in although the answers to five others replace its state one by one", async (t) => {
  const service = await createProtectedService(t)
  const browser = await loggedInBrowser(service)
  const jar = jarOf(browser.jars, photos)
  let { headers } = await browser.ask(photos)
  for (let others = 0; others < 5; others += 1) {
    const handed = await browser.login.ask((headers["Location"] ?? "").slice(25))
    jar.clear()
    await browser.ask("https://photos.example.org/other")
    ;({ headers } = await browser.ask(handed.headers["Location"] ?? ""))
    assert.match(headers["Location"] ?? "", /^https:\/\/login\.example\.org\/continue\?/)
  }
  const { url, reply } = await browser.open(headers["Location"] ?? "")
  assert.deepEqual([url, userIn(reply)], [photos, "alice"])
})

test("a browser that drops the cookies of a host gets a page, and no loop", async (t) => {
  const service = await createProtectedService(t)
  const browser = await loggedInBrowser(service)
  let url = photos
  let reply = await browser.ask(url)
  for (let steps = 0; reply.headers["Location"] !== undefined; steps += 1) {
    // Safari follows 16 redirects.
    assert.ok(steps < 16, url)
    browser.jars.clear()
    const next: string = reply.headers["Location"]
    url = next.startsWith("/") ? `https://login.example.org${next}` : next
    const isLogin = url.startsWith("https://login.example.org/")
    reply = isLogin ? await browser.login.ask(url.slice(25)) : await browser.ask(url)
  }
  assert.ok(url.startsWith("https://login.example.org/continue?"), url)
  assert.equal(reply.status, 400)
  assert.match(reply.body, /photos\.example\.org/)
})

test("background requests set no state, and parts of pages only go on with one", async (t) => {
  const service = await createProtectedService(t)
  const frame = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" }
  for (const kind of proxyKinds) {
    for (const headers of [background, frame, { accept: "application/json" }, {}]) {
      const reply = await openAppBrowser(service).ask(photos, { kind, headers })
      assert.deepEqual([reply.status, reply.cookies ?? []], [401, []])
      assert.equal(reply.headers["Location"], undefined)
      assert.equal(JSON.parse(reply.body).error, "missing_token")
    }
  }
  const browser = openAppBrowser(service)
  await browser.ask(photos)
  const { status, cookies } = await browser.ask(photos, { headers: frame })
  assert.deepEqual([status, cookies], [302, []])
})

test("a state that is there is kept, and anything else is replaced", async (t) => {
  const service = await createProtectedService(t)
  const browser = openAppBrowser(service)
  const [first, second] = [await browser.ask(photos), await browser.ask(photos)]
  assert.deepEqual([first.cookies?.length, second.cookies], [1, []])
  assert.equal(first.headers["Location"], second.headers["Location"])
  for (const planted of ["x", "a".repeat(23), `${"a".repeat(21)}.`, "%00"]) {
    jarOf(browser.jars, photos).set(state, planted)
    assert.equal((await browser.ask(photos)).cookies?.length, 1, planted)
  }
})

test("where a login leads is an address of the host, whatever the request says", async (t) => {
  const service = await createProtectedService(t)
  const first = "https://photos.example.org/"
  const rows: readonly (readonly [asked: string, to: string])[] = [
    ["https://PHOTOS.example.org./x", "https://photos.example.org/x"],
    ["http://photos.example.org/x", "https://photos.example.org/x"],
    ["http://photos.example.org:80/x", "https://photos.example.org/x"],
    ["https://photos.example.org//evil.example/", first],
    ["https://photos.example.org/\\evil.example/", first],
    ["https://photos.example.org/x/../.postern/in?t=x", first],
    ["https://photos.example.org/\u00e4", first],
    [`https://photos.example.org/${"a".repeat(3000)}`, first],
    ["https://photos.example.org/?to=https://evil.example/", undefined as unknown as string],
  ]
  for (const [asked, to = asked] of rows) {
    const { headers } = await openAppBrowser(service).ask(asked)
    const found = new URL(headers["Location"] ?? "")
    assert.equal(found.origin, "https://login.example.org", asked)
    assert.equal(found.searchParams.get("to"), to, asked)
  }
})

test("a form that is sent without a login leads to the page by GET", async (t) => {
  const service = await createProtectedService(t)
  const reply = await openAppBrowser(service).ask(photos, { method: "POST" })
  assert.equal(reply.status, 303)
  const nginx = await openAppBrowser(service).ask(photos, { method: "POST", kind: "nginx" })
  assert.equal(nginx.status, 401)
})
