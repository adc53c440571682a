// Files of the store that were cut, changed, spliced or taken from several backups: a start gives a
// state that once was, or stops and names the file. Never another state, nor another error.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import fc from "fast-check"
import { OperatorError } from "../../src/errors.ts"
import { openJsonStore } from "../../src/store/json/open_json_store.ts"
import type { Store } from "../../src/store/store.ts"
import { journals, names } from "../store/json/used_directory.ts"
import {
  claimOf,
  pendingTotp,
  recoveryCodes,
  sampleFactors,
  samplePasskey,
  sampleTicket,
  useOfStep,
} from "../store/sample_factors.ts"
import { sampleServiceToken } from "../store/sample_service_token.ts"
import { presented, sampleSession, start, startOptions, windowAt } from "../store/sample_session.ts"
import { sampleHash, sampleUser } from "../store/sample_user.ts"
import { listRevocations, rotate } from "../store/session_calls.ts"
import { createFaultyDisk, type FaultyDisk, type Files } from "../support/faulty_disk.ts"
import { settled } from "../support/settled.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { edited, edits } from "./inputs.ts"
import { holds } from "./property.ts"

/** Small enough that the journals change places every few changes. */
const bytesBetweenSnapshotsMin = 300

const factors = sampleFactors({
  ...{ recoveryCodes: recoveryCodes().slice(0, 2), pendingTotp, passkeys: [samplePasskey("p1")] },
})

const changes: readonly ((store: Store) => Promise<unknown>)[] = [
  (store) => store.users.create(sampleUser("alice")),
  (store) => store.users.create(sampleUser("bob", { claims: { tenant: "acme" }, factors })),
  (store) => store.sessions.start(sampleSession("s1"), startOptions()),
  (store) => store.users.change("bob", { factors: claimOf(sampleTicket("t1")) }),
  (store) =>
    store.sessions.start(
      sampleSession("s2", { username: "bob", amr: ["pwd", "otp"], factorAt: start }),
      startOptions({ factors: useOfStep(1001, sampleTicket("t1")) }),
    ),
  (store) => rotate(store, "s1", presented(0)),
  (store) => store.sessions.revokeToken({ jti: "j1", expiresAt: start + 60, isListed: true }),
  (store) => store.users.delete("bob", windowAt()),
  (store) => store.serviceTokens.create(sampleServiceToken("ci")),
  (store) => store.serviceTokens.noteUse("hash-of-ci", { at: start, address: "192.0.2.7" }),
  (store) => store.users.change("alice", { addRole: "admin" }),
  (store) => rotate(store, "s1", presented(1)),
  (store) =>
    store.users.change("alice", { passwordHash: sampleHash("B"), ifPasswordHash: sampleHash() }),
  (store) => store.sessions.end("s1", { window: windowAt() }),
  (store) => store.failures.count("alice", "stranger"),
  (store) => store.users.release("bob"),
  (store) => store.serviceTokens.revoke("ci"),
  (store) => store.users.reset("alice", { disabled: true }, { window: windowAt() }),
]

/** The files after each change, and what the store said then. */
interface Moment {
  readonly files: Files
  readonly state: string
}

const which = fc.constantFrom(...names)
const fragments = [
  ...["\n", "\r\n", "\0", '"', ",", "{", "}", "[", "]", "null", "true", "0", "9", "-1", "1e9"],
  ...['"after":"0000000000000000"', '"sequence":1', '"version":1', '"version":2', '"disabled":'],
]

test("openJsonStore() of a file with any byte changed gives a state that was, or names the file", (t) =>
  holdsForMoments(t, fc.tuple(which, fc.nat(), fc.nat({ max: 255 })), (files, [name, at, byte]) => {
    const bytes = Buffer.from(files.get(name) ?? "")
    bytes[at % bytes.byteLength] = byte
    return new Map([...files, [name, bytes]])
  }))

test("openJsonStore() of a file cut off anywhere gives a state that was, or names the file", (t) =>
  holdsForMoments(t, fc.tuple(which, fc.nat()), (files, [name, at]) => {
    const bytes = files.get(name) ?? Buffer.alloc(0)
    return new Map([...files, [name, bytes.subarray(0, at % bytes.byteLength)]])
  }))

test("openJsonStore() of files that were spliced gives a state that was, or names the file", (t) =>
  holdsForMoments(
    t,
    fc.array(fc.tuple(which, edits(fragments)), { minLength: 1, maxLength: 2 }),
    (files, splices) => {
      const spliced = new Map(files)
      for (const [name, some] of splices)
        spliced.set(name, edited(spliced.get(name) ?? Buffer.alloc(0), some))
      return spliced
    },
  ))

test("openJsonStore() of files of several moments gives a state that was, or names a file", (t) =>
  holdsForMoments(
    t,
    fc.array(fc.tuple(which, which, fc.nat()), { minLength: 1, maxLength: 2 }),
    (files, exchanges, moments) => {
      const chosen = new Map(files)
      for (const [name, origin, number] of exchanges) {
        const isSnapshot = name === "store.json" || origin === "store.json"
        const other = moments[number % moments.length]?.files.get(isSnapshot ? name : origin)
        chosen.set(name, other ?? Buffer.alloc(0))
      }
      return chosen
    },
  ))

async function holdsForMoments<T>(
  t: TestContext,
  inputs: fc.Arbitrary<T>,
  change: (files: Files, input: T, moments: readonly Moment[]) => Files,
): Promise<void> {
  const directory = temporaryDirectory(t)
  const moments = await live(directory)
  const states = moments.map(({ state }) => state)
  const claim = async ([number, input]: [number, T]) => {
    const moment = moments[number] as Moment
    const disk = createFaultyDisk(change(moment.files, input, moments))
    const before = new Map(disk.files)
    const isWhole = journals.every((name) => before.get(name) === moment.files.get(name))
    const store = await open(directory, disk).catch((error) => {
      assertNamesAFile(error)
      assert.deepEqual(disk.files, before)
    })
    if (!store) return
    const state = await stateOf(store).finally(() => store.close())
    assert.ok(states.includes(state), `another state: ${state}`)
    // The journals alone know the last state: a snapshot takes nothing from them.
    if (isWhole) assert.equal(state, moment.state)
    const again = await open(directory, disk)
    assert.equal(await stateOf(again).finally(() => again.close()), state)
  }
  await holds(fc.tuple(fc.nat({ max: moments.length - 1 }), inputs), claim, { runs: 150 })
}

/** The moments of a store's life. */
async function live(directory: string): Promise<readonly Moment[]> {
  const disk = createFaultyDisk()
  const store = await open(directory, disk)
  const moments = [{ files: new Map(disk.files), state: await stateOf(store) }]
  for (const change of [...changes, ...changes.slice(7)]) {
    await change(store)
    await settled()
    moments.push({ files: new Map(disk.files), state: await stateOf(store) })
  }
  await store.close()
  return moments
}

function open(directory: string, disk: FaultyDisk): Promise<Store> {
  return openJsonStore({ directory, disk, warn: () => {}, bytesBetweenSnapshotsMin })
}

async function stateOf(store: Store): Promise<string> {
  const users = await store.users.list()
  const sessions = await Promise.all(["alice", "bob"].map((name) => store.sessions.list(name)))
  const revocations = await listRevocations(store, start)
  const failed = await store.failures.find("alice")
  const machines = await store.serviceTokens.list()
  return JSON.stringify({ users, sessions, revocations, failed, machines })
}

function assertNamesAFile(error: unknown): void {
  assert.ok(error instanceof OperatorError, `${(error as Error).stack}`)
  assert.equal(error.exitCode, 65)
  assert.match(error.message, /\/(store\.json|journal\.[01]\.jsonl)': /)
  assert.doesNotMatch(error.message, /argon2|AAAAAAAA|BBBBBBBB/)
}
