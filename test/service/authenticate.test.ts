// From an access token to who sent it, as the user and the session are now.

import assert from "node:assert/strict"
import { test } from "node:test"
import { startOfTests as now } from "../support/fake_clock.ts"
import { createForge } from "../support/forge.ts"
import { expiredToken, invalidToken, revokedToken } from "../support/refusal.ts"
import { createTestService, type TestService } from "../support/test_service.ts"
import { logInByPassword } from "./log_in_by_password.ts"
import { caller, type LoggedIn, logIn } from "./logged_in.ts"

/** Makes tokens as Flask-JWT-Extended with the same secret does. */
const flask = await createForge("HS256")

test("authenticate() gives the user, the time of the login, and its age", async (t) => {
  const service = await createTestService(t)
  await service.accounts.addRole("alice", "editor")
  await service.accounts.setClaim("alice", "tenant", 7)
  const { accessToken, sid } = await logIn(service)
  service.clock.advance(10)
  const principal = await service.sessions.authenticate(accessToken)
  assert.deepEqual(
    { ...principal },
    {
      username: "alice",
      roles: ["editor"],
      claims: { tenant: 7 },
      sid,
      loggedInAt: now,
      ...{ acr: "aal1", amr: ["pwd"], hasFactor: false, mustEnrol: false },
      secondsSinceLogin: 10,
      fresh: true,
    },
  )
})

test("authenticate() gives a frozen principal that inherits nothing", async (t) => {
  const service = await createTestService(t)
  await service.accounts.setClaim("alice", "tenant", { ids: [7] })
  const principal = await service.sessions.authenticate((await logIn(service)).accessToken)
  for (const name of Object.getOwnPropertyNames(Object.prototype)) {
    assert.ok(!(name in principal), name)
  }
  assert.deepEqual(Reflect.ownKeys(Object.getPrototypeOf(principal)), [])
  assert.ok(Object.isFrozen(Object.getPrototypeOf(principal)))
  for (const part of [principal, principal.roles, principal.claims, principal.claims["tenant"]]) {
    assert.ok(Object.isFrozen(part))
  }
  assert.throws(() => Object.assign(principal, { username: "bob" }), {
    name: "TypeError",
    message: /read only property 'username'/,
  })
})

test("authenticate() gives the roles and claims that the user has now", async (t) => {
  const service = await createTestService(t)
  const { accessToken } = await logIn(service)
  await service.accounts.addRole("alice", "admin")
  await service.accounts.setClaim("alice", "plan", "paid")
  const { roles, claims } = await service.sessions.authenticate(accessToken)
  assert.deepEqual([roles, claims], [["admin"], { plan: "paid" }])
})

test("authenticate() accepts every claim that a user may have", async (t) => {
  const service = await createTestService(t)
  const values = [
    ...[0, -1.5e-7, 1e21, "é\u2028\ud800", "", null, true, [[[]]], { b: 1, 1: 2 }],
    ...[JSON.parse('{"__proto__":{"admin":true}}'), JSON.parse("[".repeat(400) + "]".repeat(400))],
    "x".repeat(980),
  ]
  for (const value of values) {
    await service.accounts.setClaim("alice", "constructor", value)
    const { accessToken, refreshToken } = await logIn(service)
    const { claims } = await service.sessions.authenticate(accessToken)
    assert.deepEqual(JSON.stringify(claims["constructor"]), JSON.stringify(value))
    await service.sessions.refresh(refreshToken, caller)
  }
})

test("authenticate() keeps two users apart", async (t) => {
  const service = await createTestService(t)
  const tokens = [await logIn(service), await logIn(service, "bob")]
  const asked = [...tokens, ...tokens].map(({ accessToken }) =>
    service.sessions.authenticate(accessToken),
  )
  assert.deepEqual(
    (await Promise.all(asked)).map(({ username }) => username),
    ["alice", "bob", "alice", "bob"],
  )
})

const newPassword = "heftklammer-und-mehr"

/** What refuses alice's tokens from then on. */
const revocations: Readonly<
  Record<string, (service: TestService, login: LoggedIn) => Promise<unknown>>
> = {
  setPassword: ({ accounts }) => accounts.setPassword({ username: "alice", password: newPassword }),
  disable: ({ accounts }) => accounts.disable("alice"),
  "disable and enable": async ({ accounts }) => {
    await accounts.disable("alice")
    await accounts.enable("alice")
  },
  "user logout": ({ accounts }) => accounts.logOut("alice"),
  remove: ({ accounts }) => accounts.delete("alice"),
  logOut: ({ sessions }, { accessToken }) => sessions.logOut(accessToken, caller),
}

for (const [name, revoke] of Object.entries(revocations)) {
  test(`authenticate() refuses all tokens from before ${name} from the next request on`, async (t) => {
    const service = await createTestService(t)
    const login = await logIn(service)
    service.clock.advance(5)
    const { accessToken } = await service.sessions.refresh(login.refreshToken, caller)
    const others = await logIn(service, "bob")
    await revoke(service, login)
    for (let second = 0; second <= 3; second += 1) {
      for (const token of [login.accessToken, accessToken]) {
        await assert.rejects(async () => service.sessions.authenticate(token), revokedToken)
      }
      service.clock.advance(1)
    }
    assert.equal((await service.sessions.authenticate(others.accessToken)).username, "bob")
  })
}

for (const reset of ["setPassword", "disable and enable", "user logout"] as const) {
  test(`authenticate() takes the token of a login in the second of ${reset}`, async (t) => {
    const service = await createTestService(t)
    const before = await logIn(service)
    await revocations[reset]?.(service, before)
    const password = reset === "setPassword" ? newPassword : "wonderland"
    const login = await logInByPassword(service.sessions, { username: "alice", password }, caller)
    const { loggedInAt } = await service.sessions.authenticate(login.accessToken)
    assert.equal(loggedInAt, now)
    await assert.rejects(
      async () => service.sessions.authenticate(before.accessToken),
      revokedToken,
    )
  })
}

test("authenticate() refuses a disabled user whose sessions have not ended", async (t) => {
  const service = await createTestService(t)
  const { accessToken } = await logIn(service)
  const { sessions } = service.store
  const find = sessions.find.bind(sessions)
  sessions.find = async (sid) => {
    const found = await find(sid)
    return found && { ...found, user: { ...found.user, disabled: true } }
  }
  await assert.rejects(async () => service.sessions.authenticate(accessToken), revokedToken)
})

for (const leewaySeconds of [0, 20]) {
  test(`authenticate() refuses a token from its end on, and ${leewaySeconds} seconds`, async (t) => {
    const service = await createTestService(t, { tokens: { leewaySeconds } })
    const { accessToken } = await logIn(service)
    service.clock.advance(899 + leewaySeconds)
    assert.equal((await service.sessions.authenticate(accessToken)).username, "alice")
    service.clock.advance(1)
    await assert.rejects(async () => service.sessions.authenticate(accessToken), expiredToken)
  })
}

test("authenticate() lends no leeway to a session that has expired", async (t) => {
  const service = await createTestService(t, {
    tokens: { leewaySeconds: 60 },
    settings: { idleSeconds: 100 },
  })
  const { accessToken, expiresInSeconds } = await logIn(service)
  assert.equal(expiresInSeconds, 100)
  service.clock.advance(99)
  await service.sessions.authenticate(accessToken)
  service.clock.advance(1)
  await assert.rejects(async () => service.sessions.authenticate(accessToken), revokedToken)
})

test("authenticate() refuses texts that are no access tokens", async (t) => {
  const service = await createTestService(t)
  const { accessToken, refreshToken } = await logIn(service)
  for (const token of ["", "alice", "a.b.c", `${accessToken}x`, refreshToken]) {
    await assert.rejects(async () => service.sessions.authenticate(token), invalidToken, token)
  }
})

test("authenticate() refuses a token that names another user's session", async (t) => {
  const service = await createTestService(t, { shared: true })
  const { sid } = await logIn(service, "bob")
  const of = (sub: string) => flask.token({ payload: { sub, sid } })
  assert.equal((await service.sessions.authenticate(of("bob"))).sid, sid)
  await assert.rejects(async () => service.sessions.authenticate(of("alice")), revokedToken)
})

interface FreshRow {
  readonly claims: Readonly<Record<string, unknown>>
  readonly after: number
  readonly fresh: boolean
  readonly loggedInAt: number | null
  readonly secondsSinceLogin: number | null
}

/** What Flask-JWT-Extended writes into `fresh`, and what it means some seconds later. */
const freshRows: Readonly<Record<string, FreshRow>> = {
  "not fresh": { claims: {}, after: 9, fresh: false, loggedInAt: null, secondsSinceLogin: null },
  "fresh for good": {
    claims: { fresh: true },
    after: 9,
    fresh: true,
    loggedInAt: now,
    secondsSinceLogin: 9,
  },
  "fresh for 10 seconds, after 9": {
    claims: { fresh: now + 10 },
    after: 9,
    fresh: true,
    loggedInAt: null,
    secondsSinceLogin: null,
  },
  "fresh for 10 seconds, after 10": {
    claims: { fresh: now + 10 },
    after: 10,
    fresh: false,
    loggedInAt: null,
    secondsSinceLogin: null,
  },
  "fresh until half a second later": {
    claims: { fresh: now + 9.5 },
    after: 9,
    fresh: true,
    loggedInAt: null,
    secondsSinceLogin: null,
  },
  "with the time of the login": {
    claims: { auth_time: now - 100 },
    after: 9,
    fresh: false,
    loggedInAt: now - 100,
    secondsSinceLogin: 109,
  },
  "from an issuer whose clock is ahead": {
    claims: { fresh: true, iat: now + 5 },
    after: 0,
    fresh: true,
    loggedInAt: now + 5,
    secondsSinceLogin: 0,
  },
}

for (const [name, { claims, after, ...expected }] of Object.entries(freshRows)) {
  test(`authenticate() of a Flask token: ${name}`, async (t) => {
    const service = await createTestService(t, { shared: true })
    service.clock.advance(after)
    const token = flask.token({ payload: claims })
    const { sid, fresh, loggedInAt, secondsSinceLogin } = await service.sessions.authenticate(token)
    assert.deepEqual({ fresh, loggedInAt, secondsSinceLogin }, expected)
    assert.equal(sid, null)
  })
}

test("authenticate() refuses a Flask token of a user who is unknown, or not of this spelling", async (t) => {
  const service = await createTestService(t, { shared: true })
  for (const sub of ["carol", "Alice", "__proto__"]) {
    const asked = async () => service.sessions.authenticate(flask.token({ payload: { sub } }))
    await assert.rejects(asked, revokedToken, sub)
  }
})

test("authenticate() refuses Flask tokens from before the user was logged out", async (t) => {
  const service = await createTestService(t, { shared: true })
  const of = (iat: number) => flask.token({ payload: { iat, exp: now + 900 } })
  await service.accounts.logOut("bob")
  await service.sessions.authenticate(of(now))
  await service.accounts.logOut("alice")
  service.clock.advance(1)
  for (const iat of [now - 60, now]) {
    await assert.rejects(async () => service.sessions.authenticate(of(iat)), revokedToken)
  }
  assert.equal((await service.sessions.authenticate(of(now + 1))).username, "alice")
})
