// Second factors over two services on one database, as processes: what one of them has counted or
// changed, the other one respects with the next request.

import assert from "node:assert/strict"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { systemClock } from "../../src/clock.ts"
import { codeOf, stepAt } from "../../src/factor/totp.ts"
import { type Answer, call } from "../support/http_client.ts"
import { type RunningPostern, runPostern, startPostern } from "../support/postern_process.ts"
import { postgresForTests } from "../support/postgres_server.ts"
import { fromBase32 } from "../support/second_factor.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const { skip, host } = await postgresForTests()
const password = "a password of many words"
const codesAtOnce = 6
/** service/limits.ts: wrong codes of a login, and of an account in a row. */
const [triesMax, failuresMax] = [5, 100]

interface Replicas {
  readonly services: readonly [RunningPostern, RunningPostern]
  /** Runs a command on the first service. */
  readonly command: (...words: string[]) => Promise<void>
}

/** A user with an app. */
interface Enrolled {
  readonly username: string
  /** The app's code now, or of so many half minutes later; the next one is good already. */
  readonly code: (later?: 0 | 1) => string
  readonly recoveryCodes: readonly string[]
}

/** Settings of a replica, with a data directory of its own for its control socket. */
function replica(t: TestContext) {
  return {
    POSTERN_DATA_DIR: join(temporaryDirectory(t), "data"),
    POSTERN_STORE: `postgres://postern@${encodeURIComponent(host)}/postgres`,
    POSTERN_STORE_SECRET: "3Jq0bT5yVd8sLkX1mZ7nRw2cFhG9aUeP6oIiYtKxQvE=",
    POSTERN_ISSUER: "http://localhost:8080",
  }
}

async function startTwo(t: TestContext): Promise<Replicas> {
  const [ofOne, ofOther] = [replica(t), replica(t)]
  const services = [await startPostern(t, ofOne), await startPostern(t, ofOther)] as const
  return {
    services,
    async command(...words) {
      const { exitCode, stderr } = await runPostern(words, ofOne, `${password}\n`)
      assert.equal(exitCode, 0, stderr)
    },
  }
}

function post(
  { url }: RunningPostern,
  path: string,
  json: object,
  token?: string,
): Promise<Answer> {
  return call(url, "POST", path, token === undefined ? { json } : { json, token })
}

/** Sets an app up: the secret comes from one replica, and its first code goes to the other. */
async function enrol({ services, command }: Replicas, username: string): Promise<Enrolled> {
  await command("user", "add", username)
  const [one, other] = services
  const login = await post(one, "/login", { username, password })
  const token = String(login.body["access_token"])
  const offered = await post(one, "/mfa/totp", {}, token)
  const secret = fromBase32(String(offered.body["secret"]))
  const code = (later = 0) => codeOf(secret, stepAt(systemClock.now()) + later)
  const confirmed = await post(other, "/mfa/totp/confirm", { code: code() }, token)
  assert.equal(confirmed.status, 200, JSON.stringify(confirmed.body))
  return { username, code, recoveryCodes: confirmed.body["recovery_codes"] as readonly string[] }
}

async function ticketOf(service: RunningPostern, { username }: Enrolled): Promise<string> {
  const { status, body } = await post(service, "/login", { username, password })
  assert.deepEqual([status, body["error"]], [401, "mfa_required"])
  return String(body["mfa_token"])
}

/** Sends a code with a ticket, and gives the status, or what is wrong. */
async function sendCode(service: RunningPostern, ticket: string, code: string | undefined) {
  const { status, body } = await post(service, "/login/code", { mfa_token: ticket, code })
  return status === 200 ? String(body["access_token"]) : String(body["error"])
}

const isToken = (answer: string) => answer.split(".").length === 3

test("one code of an app at both replicas at once logs in once", { skip }, async (t) => {
  const replicas = await startTwo(t)
  const { services } = replicas
  for (const username of ["ada", "bert", "cleo"]) {
    const user = await enrol(replicas, username)
    const sides = Array.from({ length: codesAtOnce }, (_, at) => services[at % 2] ?? services[0])
    const tickets = await Promise.all(sides.map((service) => ticketOf(service, user)))
    const code = user.code(1)
    const answers = await Promise.all(
      // A ticket of one replica is good at the other.
      sides.map((_, at) => sendCode(sides[at + 1] ?? services[0], tickets[at] ?? "", code)),
    )
    assert.equal(answers.filter(isToken).length, 1, answers.map((one) => one.slice(0, 20)).join())
    const others = answers.filter((one) => !isToken(one))
    assert.deepEqual(new Set(others), new Set(["invalid_code"]))
    // Together with the password, too, on whichever replica.
    for (const service of services) {
      const { status, body } = await post(service, "/login", { username, password, code })
      assert.deepEqual([status, body["error"]], [401, "invalid_code"])
    }
  }
})

test("a recovery code, and a ticket, log in once over both replicas", { skip }, async (t) => {
  const replicas = await startTwo(t)
  const { services } = replicas
  const [one, other] = services
  const user = await enrol(replicas, "dora")
  const { recoveryCodes } = user
  for (const code of recoveryCodes.slice(0, 5)) {
    const tickets = await Promise.all(services.map((service) => ticketOf(service, user)))
    const answers = await Promise.all(
      services.map((service, at) => sendCode(service, tickets[at] ?? "", code)),
    )
    assert.equal(answers.filter(isToken).length, 1)
  }
  for (const at of [5, 7]) {
    const ticket = await ticketOf(one, user)
    const answers = await Promise.all(
      services.map((service, side) => sendCode(service, ticket, recoveryCodes[at + side])),
    )
    assert.equal(answers.filter(isToken).length, 1)
    for (const service of services) {
      assert.equal(await sendCode(service, ticket, recoveryCodes[9]), "invalid_token")
    }
  }
  assert.ok(isToken(await sendCode(other, await ticketOf(one, user), recoveryCodes[9])))
})

test("a removed factor counts with the other replica's next request", { skip }, async (t) => {
  const replicas = await startTwo(t)
  const [one, other] = replicas.services
  const user = await enrol(replicas, "emil")
  const { username, recoveryCodes } = user
  const [keeps, ends] = await Promise.all(
    [one, other].map(async (service, at) =>
      sendCode(service, await ticketOf(service, user), recoveryCodes[at]),
    ),
  )
  const statusAt = async ({ url }: RunningPostern, token: string | undefined) =>
    (await call(url, "GET", "/protected", { token })).status
  for (const service of [one, other]) {
    assert.deepEqual([await statusAt(service, keeps), await statusAt(service, ends)], [200, 200])
  }
  const open = await ticketOf(other, user)
  const { totp } = (await call(one.url, "GET", "/mfa", { token: keeps })).body as {
    readonly totp: { readonly id: string }
  }
  const removed = await call(one.url, "DELETE", `/mfa/${totp.id}`, { token: keeps })
  assert.equal(removed.status, 204, JSON.stringify(removed.body))
  assert.deepEqual([await statusAt(other, keeps), await statusAt(other, ends)], [200, 401])
  assert.equal(await sendCode(other, open, recoveryCodes[3]), "invalid_token")
  const shown = (await call(other.url, "GET", "/mfa", { token: keeps })).body
  assert.deepEqual([shown["methods"], shown["totp"], shown["recovery_codes_left"]], [[], null, 0])
  assert.equal((await post(other, "/login", { username, password })).status, 200)
})

test("guesses that go from one replica to the other are counted together", { skip }, async (t) => {
  const replicas = await startTwo(t)
  const { services, command } = replicas
  const user = await enrol(replicas, "flora")
  const [right, kept] = user.recoveryCodes
  const wrong = String(right).replace(/.$/, (letter) => (letter === "A" ? "B" : "A"))
  for (let failures = 0; failures < failuresMax; ) {
    const ticket = await ticketOf(services[failures % 2] ?? services[0], user)
    for (let tries = 0; tries < triesMax; tries += 1, failures += 1) {
      const service = services[tries % 2] ?? services[0]
      assert.equal(await sendCode(service, ticket, wrong), "invalid_code", `${failures}`)
    }
    for (const service of services) {
      assert.equal(await sendCode(service, ticket, right), "invalid_token", `${failures}`)
    }
  }
  for (const service of services) {
    const ticket = await ticketOf(service, user)
    for (const code of [right, user.code(1)]) {
      assert.equal(await sendCode(service, ticket, code), "invalid_code")
    }
  }
  const locked = services.flatMap((service) =>
    service
      .output()
      .split("\n")
      .filter((line) => /"user\.locked".*"mfa"/.test(line)),
  )
  assert.equal(locked.length, 1)
  await command("user", "unlock", "flora")
  for (const [service, code] of [
    [services[1], right],
    [services[0], kept],
  ] as const) {
    assert.ok(isToken(await sendCode(service, await ticketOf(service, user), code)))
  }
})
