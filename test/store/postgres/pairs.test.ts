// Every pair of changes that touch one user, at once on two replicas: what comes of it is what
// comes of one after the other, in one of the two orders. RACE_ROUNDS says how often.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Database } from "../../../src/store/postgres/database.ts"
import type { RotationOutcome, Store } from "../../../src/store/store.ts"
import { openPlainDatabase } from "../../support/plain_database.ts"
import { postgresForTests } from "../../support/postgres_server.ts"
import { claimOf, limits, sampleFactors, sampleTicket, totp, useOfStep } from "../sample_factors.ts"
import { fill, presented, sampleSession, start, startOptions, windowAt } from "../sample_session.ts"
import { sampleHash, sampleUser } from "../sample_user.ts"
import { connectStore } from "./connected_store.ts"
import { emptySchema } from "./postgres_engine.ts"

const { skip, server, host } = await postgresForTests()
const rounds = Number(process.env["RACE_ROUNDS"] ?? 1)
const pairsAtOnce = 8
const window = windowAt()
/** A user may have as many, so that the start of a session ends another one. */
const sessionsMax = 2

type Change = (store: Store, name: string) => Promise<unknown>

const revoked = (name: string) => ({ jti: `${name}.j`, expiresAt: start + 60, isListed: true })

/** Changes of a user with two sessions, one failed login, an app and no tries to spare. */
const changes: Readonly<Record<string, Change>> = {
  reset: ({ users }, name) => users.reset(name, { passwordHash: sampleHash("B") }, { window }),
  disable: ({ users }, name) => users.reset(name, { disabled: true }, { window }),
  enable: ({ users }, name) => users.change(name, { disabled: false }),
  "change of the own password": ({ users }, name) =>
    users.reset(
      name,
      { passwordHash: sampleHash("C") },
      {
        ...{ window, ifPasswordHash: sampleHash() },
        successor: sampleSession(`${name}.3`, { username: name }),
      },
    ),
  "another hash": ({ users }, name) =>
    users.change(name, { passwordHash: sampleHash("D"), ifPasswordHash: sampleHash() }),
  addRole: ({ users }, name) => users.change(name, { addRole: "admin" }),
  setClaim: ({ users }, name) => users.change(name, { setClaim: { name: "n", value: 1 } }),
  unsetClaim: ({ users }, name) => users.change(name, { unsetClaim: "n" }),
  delete: ({ users }, name) => users.delete(name, window),
  release: ({ users }, name) => users.release(name),
  create: ({ users }, name) => users.create(sampleUser(name)),
  start: ({ sessions }, name) =>
    sessions.start(
      sampleSession(`${name}.4`, { username: name, startedAt: start + 1 }),
      startOptions({ sessionsMax }),
    ),
  "start instead of a token": ({ sessions }, name) =>
    sessions.start(
      sampleSession(`${name}.5`, { username: name, startedAt: start + 2 }),
      startOptions({ sessionsMax, replaces: { ...revoked(name), issuedAt: start } }),
    ),
  rotate: ({ sessions }, name) => sessions.rotate(`${name}.1`, presented(0)),
  "rotate to the next": ({ sessions }, name) => sessions.rotate(`${name}.1`, presented(1)),
  "rotate what was replayed": ({ sessions }, name) =>
    sessions.rotate(`${name}.2`, presented(0, start + 60)),
  touch: ({ sessions }, name) =>
    sessions.touch(
      `${name}.1`,
      { at: start + 5, address: "192.0.2.9", userAgent: "Other/1.0" },
      { idleSeconds: 60, maxAgeSeconds: 600 },
    ),
  end: ({ sessions }, name) => sessions.end(`${name}.1`, { window }),
  endAll: ({ sessions }, name) => sessions.endAll(name, { window }),
  "endAll but one": ({ sessions }, name) => sessions.endAll(name, { window, except: `${name}.2` }),
  revokeToken: ({ sessions }, name) => sessions.revokeToken(revoked(name)),
  claim: ({ users }, name) => users.change(name, { factors: claimOf(sampleTicket("t1")) }),
  "start by a code": ({ sessions }, name) =>
    sessions.start(
      sampleSession(`${name}.6`, { username: name, startedAt: start + 3, factorAt: start }),
      startOptions({ sessionsMax, factors: useOfStep(1001, sampleTicket("t1")) }),
    ),
  "start in the place of a session": ({ sessions }, name) =>
    sessions.start(
      sampleSession(`${name}.7`, { username: name, startedAt: start + 3, factorAt: start }),
      startOptions({ factors: useOfStep(1002), predecessor: `${name}.1` }),
    ),
  "removal of a factor": ({ users }, name) =>
    users.reset(
      name,
      {},
      { window, factors: { remove: totp.id, keepsOne: false }, except: `${name}.2` },
    ),
  count: ({ failures }, name) => failures.count(name, "stranger", { most: 2 }),
  uncount: ({ failures }, name) => failures.uncount(name, "stranger"),
  clear: ({ failures }, name) => failures.clear(name),
}

let subjects = 0

/** Makes a user for one try. */
async function createSubject(store: Store): Promise<string> {
  subjects += 1
  const name = `user${String(subjects).padStart(6, "0")}`
  const factors = sampleFactors({ handle: name, failures: limits.failuresMax - 1 })
  await store.users.create(sampleUser(name, { factors }))
  await fill(store, [
    sampleSession(`${name}.1`, { username: name, rotations: 0 }),
    sampleSession(`${name}.2`, { username: name, rotations: 3 }),
  ])
  await store.failures.count(name, "stranger")
  return name
}

interface Places {
  readonly stores: readonly [Store, Store]
  /** To look at what is left. */
  readonly database: Database
}

/** Runs a pair on a new user, and gives the answers and what is left, as text. */
async function outcomeOf(
  { stores, database }: Places,
  [one, other]: readonly [Change, Change],
  order: "at once" | "one first" | "other first",
): Promise<string> {
  const name = await createSubject(stores[0])
  const answers: unknown[] = []
  const run = async (index: 0 | 1, change: Change) => {
    answers[index] = compared(await change(stores[index], name))
  }
  if (order === "at once") await Promise.all([run(0, one), run(1, other)])
  else if (order === "one first") await run(0, one).then(() => run(1, other))
  else await run(1, other).then(() => run(0, one))
  const text = JSON.stringify({ answers, left: await leftOf(stores[0], database, name) })
  // A failure of nobody is counted at a decoy, whose count is chance.
  return text.replaceAll(name, "NAME").replace(/"username":"-","strangers":\d+/g, "-")
}

/**
 * An answer without what is no promise: a rotation that ends its session tells whose it was, and
 * the rest of that user is as of a moment before, since a rotation locks its session alone.
 */
function compared(answer: unknown): unknown {
  const rotation = answer as Partial<RotationOutcome> | null | undefined
  if (rotation?.outcome !== "reused") return answer
  return { ...rotation, user: rotation.user?.username }
}

async function leftOf(
  { users, sessions, failures }: Store,
  database: Database,
  name: string,
): Promise<unknown> {
  const rows = await database.query(
    `select (select json_agg(e order by sid) from postern.ended_sessions e where sid like $1) as e,
      (select json_agg(r order by jti) from postern.revoked_tokens r where jti like $1) as r,
      (select json_agg(n) from postern.reserved_names n where username = $2) as n`,
    [`${name}.%`, name],
  )
  const user = await users.find(name)
  return { user, sessions: await sessions.list(name), failures: await failures.find(name), rows }
}

test("each pair of changes of one user has one of the two orders", { skip }, async (t) => {
  await emptySchema(server ?? assert.fail("There is no PostgreSQL"))
  const one = await connectStore(t, { host })
  const other = await connectStore(t, { host })
  const database = await openPlainDatabase(host)
  t.after(() => database.close())
  const places: Places = { stores: [one.store, other.store], database }
  const names = Object.keys(changes)
  const pairs = names.flatMap((first, index) => names.slice(index).map((second) => [first, second]))
  const wrong: string[] = []
  const next = pairs.values()
  const work = async () => {
    for (const [first = "", second = ""] of next) {
      const pair = [changes[first] ?? assert.fail(), changes[second] ?? assert.fail()] as const
      const expected = [
        await outcomeOf(places, pair, "one first"),
        await outcomeOf(places, pair, "other first"),
      ]
      for (let round = 0; round < rounds; round += 1) {
        const outcome = await outcomeOf(places, pair, "at once")
        const isExpected = expected.includes(outcome)
        if (!isExpected) wrong.push([`${first} + ${second}`, outcome, ...expected].join("\n"))
      }
    }
  }
  await Promise.all(Array.from({ length: pairsAtOnce }, work))
  assert.deepEqual(wrong, [])
  assert.deepEqual([...one.warnings, ...other.warnings], [])
  t.diagnostic(`${pairs.length} pairs, ${rounds} times each`)
})
