// Sessions of browsers: how they start, what their cookies open and for how long, and what ends
// them.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { briefIdleSeconds, CookieSessions } from "../../../src/service/browser/cookie_sessions.ts"
import { createFaultyDisk } from "../../support/faulty_disk.ts"
import { refusedAs } from "../../support/refusal.ts"
import { createTestService, sessionSettings } from "../../support/test_service.ts"

const host = "login.example.org"
const caller = { requestId: "r1", address: "192.0.2.7", userAgent: "Browser/1.0" }
const other = { requestId: "r2", address: "198.51.100.9", userAgent: "Other/2.0" }
const alice = { username: "alice", password: "wonderland" }
const next = "through the looking-glass"
const day = 86_400
const lives = { idleSeconds: 14 * day, maxAgeSeconds: 30 * day }
const accessTtlSeconds = 900
const noRequirement = { kind: "none" } as const

async function opened(t: TestContext, options: Parameters<typeof createTestService>[1] = {}) {
  const service = await createTestService(t, options)
  const settings = { ...sessionSettings, ...lives }
  const cookies = new CookieSessions({
    ...{ ...service, settings, accessTtlSeconds, requirement: noRequirement },
  })
  const logIn = async (stays = false, replaces: string | null = null) => {
    const login = await cookies.logIn({ ...alice, stays, replaces }, caller)
    assert.ok(!("due" in login))
    const { session } = login
    const value = cookies.valueOf("master", { sid: session.sid, host })
    return {
      session,
      value,
      find: (from = caller) => cookies.find("master", { value, host }, from),
    }
  }
  return { ...service, cookies, logIn }
}

test("a login gives a session whose cookie finds it on its host alone", async (t) => {
  const { cookies, logIn, log } = await opened(t)
  const { session, value, find } = await logIn()
  assert.deepEqual((await find())?.session, session)
  assert.equal((await find())?.user.username, "alice")
  assert.equal(await cookies.find("master", { value, host: "photos.example.org" }, caller), null)
  assert.equal(await cookies.find("gate", { value, host }, caller), null)
  const gate = cookies.valueOf("gate", { sid: session.sid, host: "photos.example.org" })
  const found = await cookies.find("gate", { value: gate, host: "photos.example.org" }, caller)
  assert.equal(found?.session.sid, session.sid)
  const events = log.takeAudit().map(({ event }) => event)
  assert.deepEqual(events, ["user.seeded", "user.seeded", "login.succeeded"])
})

test("a wrong password starts nothing and ends nothing", async (t) => {
  const { cookies, logIn, store } = await opened(t)
  const { session, find } = await logIn()
  const wrong = { ...alice, password: "looking-glass", stays: false, replaces: session.sid }
  await assert.rejects(
    cookies.logIn(wrong, caller),
    refusedAs("invalid_credentials", "Bad username or password"),
  )
  assert.notEqual(await find(), null)
  assert.equal((await store.sessions.list("alice")).length, 1)
})

test("a brief session ends after twelve hours without a use, one that stays by the setting", async (t) => {
  const { cookies, logIn, clock } = await opened(t)
  const brief = await logIn(false)
  const long = await logIn(true)
  assert.equal(brief.session.idleExpiresAt - brief.session.startedAt, briefIdleSeconds)
  assert.equal(long.session.idleExpiresAt - long.session.startedAt, lives.idleSeconds)
  assert.deepEqual(
    [brief, long].map(({ session }) => cookies.stays(session)),
    [false, true],
  )
  clock.advance(briefIdleSeconds - 1)
  assert.notEqual(await brief.find(), null)
  clock.advance(briefIdleSeconds - 1)
  assert.notEqual(await brief.find(), null)
  clock.advance(briefIdleSeconds)
  assert.equal(await brief.find(), null)
  assert.notEqual(await long.find(), null)
})

test("a session that is used every day ends at its absolute end", async (t) => {
  const { logIn, clock } = await opened(t)
  const { session, find } = await logIn(true)
  while (clock.now() + day < session.expiresAt) {
    clock.advance(day)
    assert.notEqual(await find(), null)
  }
  clock.advance(day)
  assert.equal(await find(), null)
})

test("find() writes a use after a twentieth of the idle life, once for many requests", async (t) => {
  const disk = createFaultyDisk()
  const { logIn, clock, store } = await opened(t, { disk })
  const { session, find } = await logIn()
  const writes = () => disk.operations.filter(({ kind }) => kind === "write").length
  const before = writes()
  clock.advance(briefIdleSeconds / 20 - 1)
  await Promise.all([find(other), find(other)])
  assert.equal(writes(), before)
  clock.advance(1)
  const found = await Promise.all(Array.from({ length: 12 }, () => find(other)))
  assert.equal(writes(), before + 1)
  const used = await store.sessions.find(session.sid)
  assert.deepEqual(
    found.map((one) => one?.session),
    found.map(() => used?.session),
  )
  assert.equal(used?.session.lastUsedAt, clock.now())
  assert.equal(used?.session.address, other.address)
  assert.equal(used?.session.idleExpiresAt, clock.now() + briefIdleSeconds)
})

test("find() keeps a session when a full disk refuses the write of its use", async (t) => {
  const disk = createFaultyDisk()
  const { logIn, clock } = await opened(t, { disk })
  const { find, session } = await logIn()
  clock.advance(3600)
  disk.fail(({ kind }) => (kind === "write" ? { code: "ENOSPC" } : null))
  assert.deepEqual((await find())?.session, session)
  disk.fail()
  assert.equal((await find())?.session.lastUsedAt, clock.now())
})

test("all that ends sessions also ends those of browsers, with the next request", async (t) => {
  type Opened = Awaited<ReturnType<typeof opened>>
  const ends: Record<string, (service: Opened, sid: string) => Promise<unknown>> = {
    "a logout": ({ cookies }, sid) => cookies.logOut(sid, caller),
    "a login in its place": ({ logIn }, sid) => logIn(false, sid),
    "the operator": ({ accounts }) => accounts.logOut("alice"),
    "a new password": ({ accounts }) => accounts.setPassword({ username: "alice", password: next }),
    "a new key of cookies": ({ keys }) => keys.retire("cookies"),
  }
  for (const [name, end] of Object.entries(ends)) {
    const service = await opened(t)
    const { session, find } = await service.logIn()
    assert.notEqual(await find(), null, name)
    await end(service, session.sid)
    assert.equal(await find(), null, name)
  }
})

test("a disabled user is logged out, and in again with the next login only", async (t) => {
  const { logIn, accounts } = await opened(t)
  const { find } = await logIn()
  await accounts.disable("alice")
  assert.equal(await find(), null)
  await accounts.enable("alice")
  assert.equal(await find(), null)
  assert.notEqual(await (await logIn()).find(), null)
})

test("a change of the password gives a session that lives as long as the one before", async (t) => {
  const { cookies, logIn } = await opened(t)
  const { session, find } = await logIn(true)
  const passwords = { current: alice.password, next }
  const started = await cookies.changePassword(passwords, { session }, caller)
  assert.notEqual(started.session.sid, session.sid)
  assert.ok(cookies.stays(started.session))
  assert.equal(await find(), null)
})

test("authenticate() gives the principal, fresh for as long as a token of a login", async (t) => {
  const { cookies, logIn, clock } = await opened(t)
  const { session, value } = await logIn()
  const principal = await cookies.authenticate({ value, host })
  const { username, sid, fresh, loggedInAt, secondsSinceLogin } = principal
  const facts = { username, sid, fresh, loggedInAt, secondsSinceLogin }
  const { sid: own, startedAt } = session
  assert.deepEqual(facts, {
    username: "alice",
    sid: own,
    fresh: true,
    loggedInAt: startedAt,
    secondsSinceLogin: 0,
  })
  clock.advance(accessTtlSeconds)
  assert.equal((await cookies.authenticate({ value, host })).fresh, false)
  await cookies.logOut(session.sid, caller)
  await assert.rejects(
    cookies.authenticate({ value, host }),
    refusedAs("invalid_token", "The login has ended"),
  )
  await assert.rejects(
    cookies.authenticate({ value: "", host }),
    refusedAs("invalid_token", "The login has ended"),
  )
})
