// Logins and whose token it is, over the JSON store and with real tokens.

import assert from "node:assert/strict"
import { createHmac } from "node:crypto"
import { test } from "node:test"
import { AuthError, Unavailable } from "../../src/errors.ts"
import { startOfTests } from "../support/fake_clock.ts"
import { testSecret } from "../support/test_keys.ts"
import { createTestService, type TestService } from "../support/test_service.ts"

const caller = { requestId: "r1", address: "192.0.2.7" }
const newPassword = "heftklammer-und-mehr"

async function logIn(service: TestService, password = "wonderland", username = "alice") {
  const { token } = await service.sessions.logIn({ username, password }, caller)
  return token
}

function refused(message: string, code = "invalid_token") {
  return (error: unknown) => {
    assert.ok(error instanceof AuthError)
    assert.deepEqual([error.code, error.message], [code, message])
    return true
  }
}

/** A token as Flask-JWT-Extended with the same secret would give it. */
function flaskToken(claims: Readonly<Record<string, unknown>>): string {
  const payload = {
    fresh: false,
    iat: startOfTests,
    jti: "0b4f4a1e-9d0c-4d3a-8f7e-1c2d3e4f5a6b",
    type: "access",
    sub: "alice",
    nbf: startOfTests,
    exp: startOfTests + 900,
    ...claims,
  }
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url")
  const input = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(payload)}`
  return `${input}.${createHmac("sha256", testSecret).update(input).digest("base64url")}`
}

test("logIn() gives a token that tells who logged in, and when", async (t) => {
  const service = await createTestService(t)
  const issued = await service.sessions.logIn({ username: "ALICE", password: "wonderland" }, caller)
  assert.equal(issued.expiresInSeconds, 900)
  service.clock.advance(10)
  const principal = await service.sessions.authenticate(issued.token)
  assert.deepEqual(
    { ...principal },
    {
      username: "alice",
      roles: [],
      loggedInAt: startOfTests,
      secondsSinceLogin: 10,
      fresh: true,
    },
  )
})

test("logIn() gives no token that would be refused, when the clock fell back", async (t) => {
  const service = await createTestService(t)
  await service.accounts.setPassword({ username: "alice", password: newPassword })
  service.clock.advance(-30)
  await assert.rejects(logIn(service, newPassword), (error: unknown) => {
    assert.ok(error instanceof Unavailable)
    assert.equal(
      error.message,
      "The clock is behind the time at which this user's tokens were revoked",
    )
    assert.equal(error.retryAfterSeconds, 31)
    return true
  })
  service.clock.advance(26)
  const token = await logIn(service, newPassword)
  assert.equal((await service.sessions.authenticate(token)).username, "alice")
})

test("logIn() logs the success with the name, the failure without, and never the password", async (t) => {
  const service = await createTestService(t)
  await logIn(service)
  const failing = service.sessions.logIn({ username: "wonderland", password: "alice" }, caller)
  await assert.rejects(failing, refused("Bad username or password", "invalid_credentials"))
  const time = "2026-11-23T15:30:00Z"
  const where = { request: "r1", client: "192.0.2.7" }
  assert.deepEqual(service.log.events, [
    { time, level: "info", event: "login.succeeded", ...where, username: "alice" },
    { time, level: "warn", event: "login.failed", ...where },
  ])
})

test("logIn() answers every failure alike", async (t) => {
  const service = await createTestService(t)
  await service.accounts.disable("bob")
  const rows = [
    ["alice", "builder"],
    ["carol", "wonderland"],
    ["bob", "builder"],
    ["a lice", "wonderland"],
    ["alice", "x".repeat(2000)],
    ["alice", "\0"],
    ["alice", ""],
  ] as const
  for (const [username, password] of rows) {
    await assert.rejects(
      service.sessions.logIn({ username, password }, caller),
      refused("Bad username or password", "invalid_credentials"),
      username,
    )
  }
  assert.deepEqual(service.log.takeNames(), Array(rows.length).fill("login.failed"))
})

test("authenticate() gives a principal that nobody can change, without a prototype", async (t) => {
  const service = await createTestService(t)
  const principal = await service.sessions.authenticate(await logIn(service))
  assert.equal(Object.getPrototypeOf(principal), null)
  assert.ok(Object.isFrozen(principal))
  assert.ok(Object.isFrozen(principal.roles))
  assert.throws(() => Object.assign(principal, { username: "bob" }), {
    name: "TypeError",
    message: /read only property 'username'/,
  })
})

test("authenticate() gives the roles that the user has now", async (t) => {
  const service = await createTestService(t)
  const token = await logIn(service)
  await service.store.changeUser("alice", { roles: ["admin"] })
  assert.deepEqual((await service.sessions.authenticate(token)).roles, ["admin"])
})

test("authenticate() keeps two users apart", async (t) => {
  const { sessions, ...rest } = await createTestService(t)
  const service = { sessions, ...rest } as TestService
  const tokens = [await logIn(service), await logIn(service, "builder", "bob")]
  const asked = await Promise.all([...tokens, ...tokens].map(sessions.authenticate))
  assert.deepEqual(
    asked.map(({ username }) => username),
    ["alice", "bob", "alice", "bob"],
  )
})

const revocations: Readonly<Record<string, (service: TestService) => Promise<unknown>>> = {
  setPassword: ({ accounts }) => accounts.setPassword({ username: "alice", password: newPassword }),
  disable: ({ accounts }) => accounts.disable("alice"),
  "disable and enable": async ({ accounts }) => {
    await accounts.disable("alice")
    await accounts.enable("alice")
  },
  remove: ({ accounts }) => accounts.remove("alice"),
}

for (const [name, revoke] of Object.entries(revocations)) {
  test(`${name} refuses the tokens of before at once, and for good`, async (t) => {
    const service = await createTestService(t)
    const earlier = await logIn(service)
    service.clock.advance(5)
    const sameSecond = await logIn(service)
    const others = await logIn(service, "builder", "bob")
    await revoke(service)
    for (let second = 0; second <= 3; second += 1) {
      for (const token of [earlier, sameSecond]) {
        const asked = service.sessions.authenticate(token)
        await assert.rejects(asked, refused("Token has been revoked"))
      }
      service.clock.advance(1)
    }
    assert.equal((await service.sessions.authenticate(others)).username, "bob")
  })
}

test("setPassword lets a login of the same second in, and the next change puts it out", async (t) => {
  const service = await createTestService(t)
  const passwords = [newPassword, `${newPassword}!`, `${newPassword}!!`]
  let before = await logIn(service)
  for (const password of passwords) {
    await service.accounts.setPassword({ username: "alice", password })
    await assert.rejects(
      service.sessions.authenticate(before),
      refused("Token has been revoked"),
      password,
    )
    before = await logIn(service, password)
    const principal = await service.sessions.authenticate(before)
    assert.equal(principal.loggedInAt, startOfTests)
    assert.equal(principal.secondsSinceLogin, 0)
  }
})

test("enable lets a login of the same second in", async (t) => {
  const service = await createTestService(t)
  await service.accounts.disable("alice")
  await assert.rejects(logIn(service), refused("Bad username or password", "invalid_credentials"))
  await service.accounts.enable("alice")
  const token = await logIn(service)
  assert.equal((await service.sessions.authenticate(token)).username, "alice")
})

test("authenticate() refuses a disabled user, whatever the date of the token", async (t) => {
  const service = await createTestService(t)
  const token = await logIn(service)
  await service.store.changeUser("alice", { disabled: true })
  await assert.rejects(service.sessions.authenticate(token), refused("Token has been revoked"))
})

test("authenticate() refuses a token from its end on", async (t) => {
  const service = await createTestService(t)
  const token = await logIn(service)
  service.clock.advance(899)
  assert.equal((await service.sessions.authenticate(token)).username, "alice")
  service.clock.advance(1)
  await assert.rejects(service.sessions.authenticate(token), refused("Token has expired"))
})

test("authenticate() refuses what is no token", async (t) => {
  const service = await createTestService(t)
  for (const token of ["", "alice", "a.b.c", `${await logIn(service)}x`]) {
    await assert.rejects(service.sessions.authenticate(token), refused("Invalid token"), token)
  }
})

interface FreshRow {
  readonly claims: Readonly<Record<string, unknown>>
  readonly after: number
  readonly fresh: boolean
  readonly loggedInAt: number | null
  readonly secondsSinceLogin: number | null
}

const at = startOfTests
/** What Flask-JWT-Extended writes into `fresh`, and what it means some seconds later. */
const freshRows: Readonly<Record<string, FreshRow>> = {
  "not fresh": { claims: {}, after: 9, fresh: false, loggedInAt: null, secondsSinceLogin: null },
  "fresh for good": {
    claims: { fresh: true },
    after: 9,
    fresh: true,
    loggedInAt: at,
    secondsSinceLogin: 9,
  },
  "fresh for 10 seconds, after 9": {
    claims: { fresh: at + 10 },
    after: 9,
    fresh: true,
    loggedInAt: null,
    secondsSinceLogin: null,
  },
  "fresh for 10 seconds, after 10": {
    claims: { fresh: at + 10 },
    after: 10,
    fresh: false,
    loggedInAt: null,
    secondsSinceLogin: null,
  },
  "fresh until half a second later": {
    claims: { fresh: at + 9.5 },
    after: 9,
    fresh: true,
    loggedInAt: null,
    secondsSinceLogin: null,
  },
  "with the time of the login": {
    claims: { auth_time: at - 100 },
    after: 9,
    fresh: false,
    loggedInAt: at - 100,
    secondsSinceLogin: 109,
  },
  "from an issuer whose clock is ahead": {
    claims: { fresh: true, iat: at + 5 },
    after: 0,
    fresh: true,
    loggedInAt: at + 5,
    secondsSinceLogin: 0,
  },
}

for (const [name, { claims, after, ...expected }] of Object.entries(freshRows)) {
  test(`authenticate() of a Flask token: ${name}`, async (t) => {
    const service = await createTestService(t, { shared: true })
    service.clock.advance(after)
    const { fresh, loggedInAt, secondsSinceLogin } = await service.sessions.authenticate(
      flaskToken(claims),
    )
    assert.deepEqual({ fresh, loggedInAt, secondsSinceLogin }, expected)
  })
}

test("authenticate() refuses a Flask token of a user who is unknown, or not of this spelling", async (t) => {
  const service = await createTestService(t, { shared: true })
  for (const sub of ["carol", "Alice", "__proto__"]) {
    const asked = service.sessions.authenticate(flaskToken({ sub }))
    await assert.rejects(asked, refused("Token has been revoked"), sub)
  }
})
