// What every page and form keeps: cross-site forms, planted and doubled cookies, other spellings of
// forms, scripts of other origins, HEAD, and addresses at which no cookie can be kept.

import assert from "node:assert/strict"
import { test } from "node:test"
import { assets } from "../../src/pages/assets.ts"
import { writeCookieValue } from "../../src/token/cookie_value.ts"
import { takeEvents } from "../support/api_scenario.ts"
import { openBrowser, titleOf } from "../support/fake_browser.ts"
import { createTestService, loginAddress } from "../support/test_service.ts"

const alice = { username: "alice", password: "wonderland" }
const host = "login.example.org"
const forms = [
  ...["/login", "/logout", "/password", "/account/sessions/end", "/account/logout-others"],
  "/account/trust/end",
]
const formType = "application/x-www-form-urlencoded"

test("every form of another site is refused in words, and does nothing", async (t) => {
  const service = await createTestService(t, { browser: [] })
  const browser = openBrowser(service)
  await browser.open("/login", { form: alice })
  takeEvents(service)
  const foreign = [
    { "sec-fetch-site": "cross-site", origin: "https://evil.example" },
    { "sec-fetch-site": "same-site", origin: "https://evil.example.org" },
    { "sec-fetch-site": "none" },
    { "sec-fetch-site": "cross-site", origin: loginAddress },
  ]
  for (const path of forms) {
    for (const headers of foreign) {
      const reply = await browser.ask(path, { form: alice, headers })
      assert.deepEqual([path, reply.status, reply.cookies], [path, 403, []])
      assert.equal(titleOf(reply), "Error: This came from another site")
    }
  }
  assert.deepEqual(takeEvents(service), [])
})

test("a browser without Sec-Fetch-Site is judged by its exact Origin", async (t) => {
  const service = await createTestService(t, { browser: [] })
  const post = (headers: Readonly<Record<string, string>>) =>
    service.call("POST", "/login", {
      headers: { host, "content-type": formType, ...headers },
      body: "username=alice&password=wonderland",
    })
  assert.equal((await post({ origin: loginAddress })).status, 303)
  for (const origin of ["null", "https://evil.example", `${loginAddress}:443`, ""]) {
    assert.equal((await post({ origin })).status, 403, origin)
  }
  assert.equal((await post({})).status, 403)
  assert.equal((await post({ referer: `${loginAddress}/login` })).status, 403)
})

test("pages alone take forms: the API refuses them, and JSON never sets a cookie", async (t) => {
  const service = await createTestService(t, { browser: [] })
  const headers = { host, "content-type": formType, "sec-fetch-site": "same-origin" }
  for (const path of ["/refresh", "/register"]) {
    const { status } = await service.call("POST", path, { headers, body: "username=alice" })
    assert.ok([404, 415].includes(status), `${path} ${status}`)
  }
  const json = await service.call("POST", "/login", { json: alice })
  assert.deepEqual([json.status, json.cookies, json.isPage], [200, undefined, undefined])
  assert.ok(JSON.parse(json.body).access_token)
  const logout = await service.call("POST", "/logout", { json: {} })
  assert.deepEqual(JSON.parse(logout.body).error, "missing_token")
  const password = await service.call("POST", "/password", { json: {} })
  assert.deepEqual(JSON.parse(password.body).error, "missing_token")
})

test("without the wing there are no pages, and forms are refused", async (t) => {
  const service = await createTestService(t)
  for (const path of ["/login", "/account", "/continue", "/logout", "/denied", "/pages/x.css"]) {
    const { status, isPage } = await service.call("GET", path, { headers: { host } })
    assert.ok([404, 405].includes(status) && isPage === undefined, path)
  }
  const headers = { host, "content-type": formType, "sec-fetch-site": "same-origin" }
  const { status } = await service.call("POST", "/login", { headers, body: "username=alice" })
  assert.equal(status, 415)
})

test("a form in a spelling that no browser sends is refused in words", async (t) => {
  const service = await createTestService(t, { browser: [] })
  const bodies = [
    ...["username=alice&username=bob&password=x", "username=alice;password=x", "username"],
    ...["username=%FF&password=x", "username=%zz", "username=alice&password=ä", '{"username":"a"}'],
  ]
  for (const body of bodies) {
    const headers = { host, "content-type": formType, "sec-fetch-site": "same-origin" }
    const reply = await service.call("POST", "/login", { headers, body })
    assert.deepEqual([body, reply.status], [body, 400])
    assert.equal(titleOf(reply), "Error: The form could not be read")
  }
  for (const type of ["multipart/form-data; boundary=x", "text/plain"]) {
    const headers = { host, "content-type": type, "sec-fetch-site": "same-origin" }
    const account = await service.call("POST", "/account/logout-others", { headers, body: "x" })
    assert.equal(account.headers["Location"], "/login")
    const reply = await service.call("POST", "/login", { headers, body: "username=alice" })
    assert.equal(reply.status, 415)
  }
})

test("planted, doubled and changed cookies log nobody in", async (t) => {
  const service = await createTestService(t, { browser: [] })
  const browser = openBrowser(service)
  await browser.open("/login", { form: alice })
  const good = browser.cookies.get("__Host-postern") ?? ""
  const [sid = "", seal = ""] = good.split(".")
  const key = service.keys.cookieKey()
  const titleWith = async (cookie: string) =>
    titleOf(await openBrowser(service).open("/account", { headers: { cookie } }))
  assert.equal(await titleWith(`__Host-postern=${good}`), "Your account")
  const bad = [
    `__Host-postern=${good}; __Host-postern=${good}`,
    `__Host-postern=x; __Host-postern=${good}`,
    ...[
      sid,
      `${sid}.`,
      `${sid}.${seal}x`,
      `${sid}.${seal.toLowerCase()}`,
      `x${good}`,
      `${good}.x`,
    ].map((value) => `__Host-postern=${value}`),
    ...[`postern=${good}`, `__host-postern=${good}`, `__Host-postern_try=${good}`],
    // A cookie that was made for another host.
    `__Host-postern=${writeCookieValue("gate", { sid, host }, key)}`,
    `__Host-postern=${writeCookieValue("master", { sid, host: "photos.example.org" }, key)}`,
  ]
  for (const cookie of bad) assert.equal(await titleWith(cookie), "Log in", cookie)
})

test("scripts of other origins never read a page, but go on reading the API", async (t) => {
  const origin = "https://app.example.org"
  const service = await createTestService(t, { browser: [], app: { corsOrigins: [origin] } })
  const browser = openBrowser(service)
  const allowed = "Access-Control-Allow-Origin"
  for (const path of ["/login", "/logout", "/account", "/denied", "/continue"]) {
    const reply = await browser.ask(path, { headers: { origin } })
    assert.equal(reply.headers[allowed], undefined, path)
  }
  const page = await browser.ask("/login", { form: alice, headers: { origin } })
  assert.equal(page.headers[allowed], undefined)
  const api = await service.call("POST", "/login", { json: alice, headers: { origin } })
  assert.equal(api.headers[allowed], origin)
})

test("HEAD answers as GET on every page", async (t) => {
  const service = await createTestService(t, { browser: [] })
  const headers = { host }
  for (const path of ["/login", "/logout", "/account", "/continue", "/denied"]) {
    const get = await service.call("GET", path, { headers })
    const head = await service.call("HEAD", path, { headers })
    assert.deepEqual([path, head.status, head.headers], [path, get.status, get.headers])
  }
})

test("GET /pages/{file} gives sheet and script for good, and nothing else", async (t) => {
  const service = await createTestService(t, { browser: [] })
  for (const [name, { type, text }] of assets) {
    const reply = await service.call("GET", `/pages/${name}`)
    assert.deepEqual(
      [reply.status, reply.body, reply.headers],
      [
        ...[200, text],
        { "Content-Type": type, "Cache-Control": "public, max-age=31536000, immutable" },
      ],
    )
  }
  for (const name of ["postern.css", "__proto__", "constructor", "..", "style.ts"]) {
    assert.equal((await service.call("GET", `/pages/${name}`)).status, 404, name)
  }
})

test("an address at which browsers drop the cookie says so", async (t) => {
  const service = await createTestService(t, { browser: [] })
  const rows: readonly (readonly [headers: Record<string, string>, status: number])[] = [
    [{ host }, 200],
    [{ host, "x-forwarded-proto": "https" }, 200],
    [{ host: "postern", "x-forwarded-for": "192.0.2.7" }, 200],
    [{ host: "localhost:8080" }, 200],
    [{ host: "127.0.0.1:8080" }, 200],
    [{ host: "192.168.1.5:8080" }, 421],
    [{ host: "nas.local:8080" }, 421],
    [{ host, "x-forwarded-proto": "http" }, 421],
    [{ host, "x-forwarded-proto": "http, https" }, 421],
  ]
  for (const [headers, status] of rows) {
    const page = await service.call("GET", "/login", { headers })
    assert.deepEqual([headers, page.status], [headers, status])
    if (status === 200) continue
    assert.equal(titleOf(page), "Error: This page doesn’t work at this address")
    assert.ok(page.body.includes(`<b>${loginAddress}</b>`))
  }
  const form = await service.call("POST", "/login", {
    headers: { host: "192.168.1.5", "content-type": formType, "sec-fetch-site": "same-origin" },
    body: "username=alice&password=wonderland",
  })
  assert.equal(form.status, 421)
})
