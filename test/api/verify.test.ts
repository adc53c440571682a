// /verify: who may open which host, and what the answer says to proxies and apps.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Reply } from "../../src/http/message.ts"
import {
  askAs,
  background,
  createProtectedService,
  jarOf,
  loggedInBrowser,
  openAppBrowser,
  opening,
  proxyKinds,
  userIn,
} from "../support/protected_apps.ts"

const photos = "https://photos.example.org/"
const admin = "https://admin.example.org/"
const git = "https://git.example.org/"
const session = "__Host-postern"
const identity = ["Remote-User", "Remote-Groups", "Remote-Name", "Remote-Email", "X-Postern-Token"]

function errorIn({ status, body }: Reply): string {
  return `${status} ${JSON.parse(body).error}`
}

for (const kind of proxyKinds) {
  test(`${kind}: an app gets the user in five headers, with each request`, async (t) => {
    const service = await createProtectedService(t)
    const { accounts } = service
    await accounts.addRole("alice", "ops")
    await accounts.addRole("alice", "admin")
    await accounts.setClaim("alice", "name", "  Alice\u0007 Lidd\u00e9ll\r\n ")
    await accounts.setClaim("alice", "email", "alice@example.org")
    const browser = await loggedInBrowser(service)
    const { reply } = await browser.open(admin, { kind })
    assert.deepEqual([reply.status, reply.body, reply.cookies], [200, "", undefined])
    const { "X-Postern-Token": token, ...others } = reply.headers
    assert.deepEqual(others, {
      "Cache-Control": "no-store",
      "Remote-User": "alice",
      "Remote-Groups": "admin,ops",
      "Remote-Name": "Alice Lidd\u00e9ll",
      "Remote-Email": "alice@example.org",
    })
    assert.match(token ?? "", /^[\w-]+\.[\w-]+\.[\w-]+$/)
    const more = await browser.ask(admin, { kind, headers: background })
    assert.deepEqual(more.headers, reply.headers)
  })

  test(`${kind}: headers that can't be sent are empty, and none is missing`, async (t) => {
    const service = await createProtectedService(t)
    for (const value of [7, null, ["a"], { a: 1 }, "\u0000\r\n", "\ud83d"]) {
      await service.accounts.setClaim("bob", "name", value)
      const browser = await loggedInBrowser(service, "bob", "builder")
      const { reply } = await browser.open(photos, { kind })
      assert.deepEqual(
        identity.slice(0, 4).map((name) => reply.headers[name]),
        ["bob", "", "", ""],
      )
    }
    const open = await askAs(kind, service, { url: `${git}public/a` })
    assert.deepEqual(
      [open.status, ...identity.map((name) => open.headers[name])],
      [200, "", "", "", "", ""],
    )
  })

  test(`${kind}: what the client says about itself counts for nothing`, async (t) => {
    const service = await createProtectedService(t)
    const spoofed = Object.fromEntries(
      [...identity, "X-Forwarded-User", "X-Auth-Request-User", "X-WEBAUTH-USER"].flatMap((name) => [
        [name.toLowerCase(), "admin"],
        [name.toLowerCase().replaceAll("-", "_"), "admin"],
      ]),
    )
    const headers = { ...opening, ...spoofed, "user-agent": "Postern-healthcheck" }
    const stranger = await openAppBrowser(service).ask(photos, { kind, headers })
    assert.equal(stranger.status, kind === "nginx" ? 401 : 302)
    const browser = await loggedInBrowser(service)
    await browser.open(photos, { kind })
    assert.equal(userIn(await browser.ask(photos, { kind, headers })), "alice")
    const open = await askAs(kind, service, { url: `${git}public/a`, headers })
    assert.deepEqual([open.status, open.headers["Remote-User"]], [200, ""])
  })

  test(`${kind}: a host that is not listed is refused to everyone`, async (t) => {
    const service = await createProtectedService(t)
    const browser = await loggedInBrowser(service)
    for (const url of [
      ...["https://other.example.org/", "https://login.example.org/", "https://example.org/"],
      ...[
        "https://a.b.lab.example.org/",
        "https://lab.example.org/",
        "https://photos.example.org:444/",
      ],
      ...["https://notes.example.net/", "https://photos.example.org.evil.example/"],
    ]) {
      for (const headers of [opening, background]) {
        const reply = await browser.ask(url, { kind, headers })
        assert.equal(errorIn(reply), "403 access_denied", url)
        assert.equal(reply.headers["Location"], undefined)
      }
    }
  })
}

test("a known user who may not go there gets 403, and is never sent to log in", async (t) => {
  const service = await createProtectedService(t)
  const alice = await loggedInBrowser(service)
  const bob = await loggedInBrowser(service, "bob", "builder")
  await service.accounts.addRole("bob", "ops")
  for (const url of [photos, admin, "https://bob.example.org/"]) await bob.open(url)
  assert.equal(userIn(await bob.ask(admin)), "bob")
  assert.equal(userIn(await bob.ask("https://bob.example.org/")), "bob")
  // Alice has a cookie of each host, from when she was allowed.
  await service.accounts.addRole("alice", "admin")
  await alice.open(admin)
  await service.accounts.removeRole("alice", "admin")
  const bobs = "https://bob.example.org"
  const stolen = jarOf(bob.jars, bobs).get(session) ?? ""
  for (const kind of proxyKinds) {
    const script = await alice.ask(admin, { kind, headers: background })
    assert.equal(errorIn(script), "403 access_denied")
    const page = await alice.ask(`${admin}a?b="<i>`, { kind })
    assert.equal(page.status, 403)
    assert.match(page.body, /<p>You are logged in, but admin\.example\.org is not for you\.<\/p>/)
    const link = "https://login.example.org/denied?to=https://admin.example.org/a?b=%22%3Ci%3E"
    assert.ok(page.body.includes(`<a href="${link}">`), page.body)
    for (const { headers } of [script, page]) assert.equal(headers["Location"], undefined)
  }
  // Another user's cookie of the host is that user.
  jarOf(alice.jars, bobs).set(session, stolen)
  assert.equal(userIn(await alice.ask(`${bobs}/`)), "bob")
  const page = await alice.open(admin)
  assert.equal(page.reply.status, 403)
})

test("a logout, a new password, and a disabled user end the cookies of all hosts at once", async (t) => {
  const service = await createProtectedService(t)
  const { accounts } = service
  const next = { username: "alice", password: "a raft of seven otters" }
  const ends: readonly (readonly [password: string, end: (sid: string) => Promise<unknown>])[] = [
    ["wonderland", (sid) => service.store.sessions.end(sid, { window: windowOf(service) })],
    ["wonderland", () => accounts.setPassword(next)],
    [next.password, () => accounts.disable("alice")],
  ]
  for (const [password, end] of ends) {
    const browser = await loggedInBrowser(service, "alice", password)
    for (const url of [photos, git]) await browser.open(url)
    const [sid = ""] = (jarOf(browser.jars, photos).get(session) ?? "").split(".")
    await end(sid)
    for (const url of [photos, git]) {
      const reply = await browser.ask(url, { headers: background })
      assert.equal(errorIn(reply), "401 missing_token")
    }
  }
})

function windowOf({ clock }: Awaited<ReturnType<typeof createProtectedService>>) {
  return { at: clock.now(), steadyAt: clock.now(), accessTtlSeconds: 900, graceSeconds: 30 }
}

test("a cookie counts on its own host alone, as a gate, and unchanged", async (t) => {
  const service = await createProtectedService(t)
  const browser = await loggedInBrowser(service)
  await browser.open(photos)
  const gate = jarOf(browser.jars, photos).get(session) ?? ""
  const master = browser.login.cookies.get(session) ?? ""
  const [sid = "", mac = ""] = gate.split(".")
  const ask = (url: string, cookie: string) =>
    askAs("proxy", service, { url, headers: { ...background, cookie } })
  assert.equal(userIn(await ask(photos, `${session}=${gate}`)), "alice")
  assert.equal(userIn(await ask(photos, `a=b; ${session}=${gate}; c`)), "alice")
  const refused: readonly (readonly [url: string, cookie: string])[] = [
    [git, `${session}=${gate}`],
    ["https://photos.example.org.evil.example/", `${session}=${gate}`],
    [photos, `${session}=${master}`],
    [photos, `${session}=${sid}`],
    [photos, `${session}=${sid}.`],
    [photos, `${session}=${sid}.${mac.slice(1)}A`],
    [photos, `${session}=${sid}.${mac}.${mac}`],
    [photos, `${session}="${gate}"`],
    [photos, `${session}=%20${gate}`],
    [photos, `${session}=null`],
    [photos, `${session}=`],
    [photos, `${session}=\u0000`],
    [photos, `${session}=${"a".repeat(8000)}`],
    [photos, `__host-postern=${gate}`],
    [photos, `__Host-postern_=${gate}`],
    [photos, `postern=${gate}`],
    // Two of our name: one was planted.
    [photos, `${session}=${gate}; ${session}=${gate}`],
    [photos, `${session}=x; ${session}=${gate}`],
    [photos, `${session}=${gate}, ${session}=x`],
  ]
  for (const [url, cookie] of refused) {
    const { status } = await ask(url, cookie)
    assert.ok(status === 401 || status === 403, cookie)
  }
})

test("nginx: a request line and a Host that differ are refused", async (t) => {
  const service = await createProtectedService(t)
  const browser = await loggedInBrowser(service)
  await browser.open(photos)
  const cookie = `${session}=${jarOf(browser.jars, photos).get(session)}`
  const facts = {
    ...{ "x-forwarded-method": "GET", "x-forwarded-proto": "https", "x-forwarded-uri": "/" },
    ...{ "x-forwarded-host": "photos.example.org", cookie },
  }
  for (const [host, status] of [
    ["photos.example.org", 200],
    ["Photos.example.org.:8443", 200],
    ["admin.example.org", 403],
    ["postern:8080", 403],
  ] as const) {
    const headers = { host, ...facts }
    const reply = await service.call("GET", "/verify/nginx", { headers, proxied: true })
    assert.equal(reply.status, status, host)
    const other = await service.call("POST", "/verify/proxy/x?y", { headers, proxied: true })
    assert.equal(other.status, 200)
  }
})
