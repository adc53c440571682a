// Guessing at a service in a process of its own, from hundreds of addresses: what is counted is on
// disk before it is answered, and floods leave the rest of the service alone.

import assert from "node:assert/strict"
import { join } from "node:path"
import { test } from "node:test"
import { localAddress, logInFrom, type SentReply, sendFrom } from "../support/local_clients.ts"
import { bundlePostern, runPostern, startPostern } from "../support/postern_process.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const seeds = "alice:wonderland,bob:builder"
const alice = { username: "alice", password: "wonderland" }
const bob = { username: "bob", password: "builder" }
const refused = '{"error":"invalid_credentials","msg":"Bad username or password"}\n'
const strangersFailuresMax = 70
const serve = ["serve"]

/** Statuses and bodies of guesses at a user, each from an address of its own. */
function guessFrom(port: number, username: string, numbers: readonly number[]) {
  return numbers.map((number) =>
    logInFrom(port, localAddress(number), { username, password: `guess-${number}` }),
  )
}

/** The numbers from one on, so many. */
function numbersFrom(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => first + index)
}

/** Guesses until an account is locked, one after the other, so that each counts. */
async function lockOut(port: number, username: string, first: number): Promise<void> {
  for (const number of numbersFrom(first, strangersFailuresMax)) {
    const [reply] = await Promise.all(guessFrom(port, username, [number]))
    assert.deepEqual([reply?.status, reply?.text], [401, refused])
  }
}

test("postern serve keeps an account locked over kill -9, until somebody unlocks it", async (t) => {
  const program = bundlePostern(t)
  const settings = {
    POSTERN_DATA_DIR: join(temporaryDirectory(t), "data"),
    POSTERN_SEED_USERS: `${seeds},carol:looking-glass`,
  }
  const first = await startPostern(t, settings, serve, program)
  const bobs = JSON.parse((await logInFrom(first.port, "127.0.0.1", bob)).text)
  await Promise.all([lockOut(first.port, "bob", 0), lockOut(first.port, "alice", 100)])
  // All at once, so that some are under way when the service ends.
  const flood = guessFrom(first.port, "alice", numbersFrom(1000, 200))
  await flood[100]
  first.process.kill("SIGKILL")
  const results = await Promise.allSettled(flood)
  const answered = results.filter((result) => result.status === "fulfilled")
  assert.ok(answered.length > 0)
  for (const { value } of answered) {
    // A slow machine can't compare them all in time.
    if (value.status === 503) assert.match(value.text, /"temporarily_unavailable"/)
    else assert.deepEqual([value.status, value.text], [401, refused])
  }
  await first.stop()

  const second = await startPostern(t, settings, serve, program)
  const stranger = localAddress(5000)
  assert.equal((await runPostern(["user", "disable", "carol"], settings)).exitCode, 0)
  await assertAlike(second.port, [
    { ...alice, password: "wrong" },
    ...[alice, bob, { username: "carol", password: "looking-glass" }],
    { username: "nobody", password: "wonderland" },
    { ...bob, password: "p".repeat(1025) },
    { username: "nobody", password: "p".repeat(1025) },
    { username: "a name that can't be one", password: "wonderland" },
    { ...alice, deviceToken: `ptd_${"A".repeat(48)}` },
    { ...alice, deviceToken: bobs.device_token },
  ])
  const states = async () => {
    const { stdout } = await runPostern(["user", "list"], settings)
    return [...stdout.matchAll(/^(\w+) +(enabled|disabled|locked) /gm)].map(
      ([, username, state]) => `${username} ${state}`,
    )
  }
  assert.deepEqual(await states(), ["alice locked", "bob locked", "carol disabled"])

  const unlocked = await runPostern(["user", "unlock", "alice"], settings)
  assert.deepEqual([unlocked.exitCode, unlocked.stdout], [0, "Unlocked user 'alice'.\n"])
  assert.equal((await logInFrom(second.port, stranger, alice)).status, 200)

  const known = { ...bob, deviceToken: bobs.device_token }
  assert.equal((await logInFrom(second.port, stranger, known)).status, 200)
  assert.equal((await logInFrom(second.port, stranger, bob)).status, 200)
  assert.deepEqual(await states(), ["alice enabled", "bob enabled", "carol disabled"])
  const output = first.output() + second.output()
  assert.ok(!output.includes(String(bobs.device_token).slice(26)), "a device token was printed")
})

test("postern serve looks at few of 200 guesses at once, on 200 connections", async (t) => {
  const service = await startPostern(t, {
    POSTERN_DATA_DIR: join(temporaryDirectory(t), "data"),
    POSTERN_SEED_USERS: seeds,
  })
  const client = localAddress(1)
  const guess = { username: "alice", password: "a-guess" }
  const guesses = Array.from({ length: 200 }, () => logInFrom(service.port, client, guess))
  const replies = await Promise.all(guesses)
  const looked = replies.filter(({ status }) => status === 401)
  // The first to have to wait is a second, and the flood may take longer than that.
  assert.ok(looked.length >= 5 && looked.length <= 8, `${looked.length} were looked at`)
  for (const { status, rawHeaders } of replies.filter((reply) => !looked.includes(reply))) {
    assert.equal(status, 429)
    assert.match(headerOf(rawHeaders, "Retry-After"), /^[1-9]\d*$/)
  }
  // As others see it.
  assert.equal((await logInFrom(service.port, localAddress(2), alice)).status, 200)
  const throttled = await logInFrom(service.port, client, alice)
  assert.equal(throttled.status, 429)
})

test("postern serve answers others while 200 logins arrive at once", async (t) => {
  const settings = {
    POSTERN_DATA_DIR: join(temporaryDirectory(t), "data"),
    POSTERN_SEED_USERS: `${seeds},carol:looking-glass`,
  }
  const service = await startPostern(t, settings)
  // Of a user who does not log in again: the oldest of too many sessions would end.
  const carol = { username: "carol", password: "looking-glass" }
  const { access_token: token } = JSON.parse(
    (await logInFrom(service.port, "127.0.0.1", carol)).text,
  )
  let isOver = false
  const logins = numbersFrom(0, 200).map((number) =>
    logInFrom(service.port, localAddress(number), number % 2 === 0 ? alice : bob),
  )
  const flood = Promise.all(logins).finally(() => {
    isOver = true
  })
  let asked = 0
  while (!isOver) {
    const [live, guarded] = await Promise.all([
      sendFrom(service.port, { method: "GET", path: "/livez" }),
      sendFrom(service.port, { method: "GET", path: "/protected", token }),
    ])
    assert.deepEqual([live.status, guarded.status], [200, 200])
    assert.equal(guarded.text, '{"logged_in_as":"carol"}\n')
    asked += 1
  }
  assert.ok(asked > 3, `Only ${asked} were asked meanwhile`)
  for (const { status, rawHeaders } of await flood) {
    // A slow machine may not hash them all in time.
    assert.ok(status === 200 || status === 503, String(status))
    if (status === 503) assert.equal(headerOf(rawHeaders, "Retry-After"), "1")
  }
})

test("POST /register makes users with POSTERN_REGISTRATION=open, and not without", async (t) => {
  const data = join(temporaryDirectory(t), "data")
  const settings = { POSTERN_DATA_DIR: data, POSTERN_REGISTRATION: "open" }
  const carol = { username: "carol", password: "korrekt-pferd-batterie" }
  const sent = { method: "POST", path: "/register", json: carol } as const
  const open = await startPostern(t, settings)
  const replies = await Promise.all(
    numbersFrom(0, 20).map((number) =>
      sendFrom(open.port, { ...sent, address: localAddress(number) }),
    ),
  )
  const made = replies.filter(({ status }) => status === 201)
  assert.deepEqual([made.length, made[0]?.text], [1, '{"username":"carol"}\n'])
  assert.equal(replies.filter(({ status }) => status === 409).length, 19)
  open.process.kill("SIGKILL")
  await open.stop()
  const closed = await startPostern(t, { POSTERN_DATA_DIR: data })
  assert.equal((await sendFrom(closed.port, sent)).status, 404)
  assert.equal((await logInFrom(closed.port, "127.0.0.1", carol)).status, 200)
  assert.ok(!`${open.output()}${closed.output()}`.includes(carol.password))
})

function headerOf(rawHeaders: readonly string[], name: string): string {
  return rawHeaders[rawHeaders.indexOf(name) + 1] ?? ""
}

/** Holds that logins fail in the same bytes, each from an address of its own. */
async function assertAlike(
  port: number,
  logins: readonly Parameters<typeof logInFrom>[2][],
): Promise<void> {
  const replies: SentReply[] = []
  for (const [index, credentials] of logins.entries()) {
    replies.push(await logInFrom(port, localAddress(6000 + index), credentials))
  }
  const [first] = replies.map(comparable)
  assert.deepEqual([first?.status, first?.text], [401, refused])
  for (const reply of replies) assert.deepEqual(comparable(reply), first)
}

/** A reply without what differs each time. */
function comparable({ status, rawHeaders, text }: SentReply) {
  const differing = ["Date", "X-Request-Id"].map((name) => headerOf(rawHeaders, name))
  assert.ok(differing.every((value) => value.length >= 10))
  return { status, text, headers: rawHeaders.filter((value) => !differing.includes(value)) }
}
