// A crash at every moment: a history is written on a disk that logs what is done to it, and then
// the store is opened from the state after each prefix of that log, with the last write whole or
// torn. Every acknowledged write must be there, nothing half, and writing must go on from there.

import assert from "node:assert/strict"
import { test } from "node:test"
import { openJsonStore } from "../../../src/store/json/open_json_store.ts"
import type { Store } from "../../../src/store/store.ts"
import {
  createFaultyDisk,
  type FaultChoice,
  type Files,
  filesAfter,
  type Operation,
} from "../../support/faulty_disk.ts"
import { temporaryDirectory } from "../../support/temporary_directory.ts"
import { recoveryCodes, sampleFactors, useOfStep } from "../sample_factors.ts"
import { presented, sampleSession, start, startOptions, windowAt } from "../sample_session.ts"
import { numbered, sampleUser } from "../sample_user.ts"
import { listRevocations, rotate } from "../session_calls.ts"

/** Small enough that the files change places after every few entries. */
const bytesBetweenSnapshotsMin = 500

type StoreChange = (store: Store) => Promise<unknown>

interface History {
  readonly operations: readonly Operation[]
  /** What the store says after each entry; at 0 before the first. */
  readonly states: readonly string[]
  /** For each entry, how many operations were done before it began, and when it was acknowledged. */
  readonly began: readonly number[]
  readonly acknowledged: readonly number[]
}

const isSnapshot = (name: string) => name.endsWith(".tmp") && name.startsWith(".store.json")
const isUnnamed = ({ kind, name }: Operation) => kind === "write" && name.endsWith(".tmp")
const isFirstWrite = (operation: Operation) =>
  operation.kind === "write" && operation.position === 0
const isHeader = (operation: Operation) =>
  operation.name.endsWith(".jsonl") && isFirstWrite(operation)

const faults: readonly (readonly [name: string, choose: () => FaultChoice])[] = [
  ["no failure", () => () => null],
  [
    "two of three snapshots can't be made",
    () => everyOther(3, ({ kind, name }) => kind === "make" && isSnapshot(name), "ENOSPC"),
  ],
  [
    "every second snapshot doesn't fit",
    () => everyOther(2, (one) => isSnapshot(one.name) && isFirstWrite(one), "ENOSPC", 20),
  ],
  [
    "every second snapshot can't be renamed",
    () => everyOther(2, ({ kind, name }) => kind === "rename" && isSnapshot(name), "EIO"),
  ],
  [
    "the directory can't be synced every second time",
    () => everyOther(2, ({ kind }) => kind === "sync", "EIO"),
  ],
  ["every second change of places is torn", () => everyOther(2, isHeader, "EIO", 56)],
  ["two of three changes of places are torn", () => everyOther(3, isHeader, "EIO", 57)],
  [
    "two of three files that change places can't be cut",
    () => everyOther(3, ({ kind, name }) => kind === "truncate" && /journal/.test(name), "EIO"),
  ],
]

for (const [name, choose] of faults) {
  test(`a crash at any moment loses no acknowledged write: ${name}`, async (t) => {
    const directory = temporaryDirectory(t)
    const history = await write(directory, choose(), 60)
    assert.ok(history.operations.filter(isHeader).length >= 3, "the files changed places")
    for (let done = 0; done <= history.operations.length; done += 1) {
      // What is in a file without a name yet is read by nobody: one such moment is like the other.
      const next = history.operations[done]
      if (next !== undefined && isUnnamed(next)) continue
      await assertIntact(directory, filesAfter(history.operations.slice(0, done)), history, done)
    }
  })
}

test("a crash within any write loses no acknowledged write", async (t) => {
  const directory = temporaryDirectory(t)
  const history = await write(directory, () => null, 20)
  for (const [done, operation] of history.operations.entries()) {
    if (operation.kind !== "write" || isUnnamed(operation)) continue
    const whole = filesAfter(history.operations.slice(0, done))
    for (const length of tornLengths(operation)) {
      const bytes = operation.bytes.subarray(0, length)
      const files = filesAfter([{ ...operation, bytes }], whole)
      await assertIntact(directory, files, history, done)
    }
  }
})

test("a crash that undoes the last snapshot's rename loses no acknowledged write", async (t) => {
  const directory = temporaryDirectory(t)
  const history = await write(directory, () => null, 60)
  const { operations } = history
  let undone = 0
  for (let done = 0; done <= operations.length; done += 1) {
    const before = operations.slice(0, done)
    const last = before.findLastIndex(({ kind }) => kind === "rename")
    const isFirst = operations.findIndex((one) => one.kind === "rename" && one.to === "store.json")
    // Once the files change places again the rename has long been on disk.
    if (last <= isFirst || before.slice(last).some(isHeader)) continue
    undone += 1
    await assertIntact(directory, filesAfter(before.toSpliced(last, 1)), history, done)
  }
  assert.ok(undone >= 20, `only ${undone} moments`)
})

test("a start refuses journals whose first snapshot is missing", async (t) => {
  const directory = temporaryDirectory(t)
  const { operations, acknowledged } = await write(directory, () => null, 1)
  const before = operations.slice(0, acknowledged[0])
  const last = before.findLastIndex(({ kind }) => kind === "rename")
  await assert.rejects(open(directory, filesAfter(before.toSpliced(last, 1))), {
    name: "OperatorError",
    message: /store\.json': it is missing, but there is a journal of its changes$/,
    exitCode: 65,
  })
})

test("a first start that fails at any moment can be repeated", async (t) => {
  const directory = temporaryDirectory(t)
  for (let failing = 0; ; failing += 1) {
    const disk = createFaultyDisk()
    let count = 0
    disk.fail(() => (count++ === failing ? { code: "ENOSPC", taken: 5 } : null))
    const options = { directory, disk, warn: assert.fail }
    const store = await openJsonStore(options).catch((error) => {
      assert.equal(error.name, "OperatorError")
      assert.equal(error.exitCode, 69)
      assert.match(error.message, /can't be used: ENOSPC/)
      assert.match(error.hint, /^The disk is full/)
    })
    if (count <= failing) {
      await store?.close()
      assert.ok(failing > 10, `only ${failing} moments`)
      return
    }
    disk.fail()
    const again = store ?? (await openJsonStore(options))
    assert.equal(await again.users.create(sampleUser("alice")), "created")
    await again.close()
  }
})

async function write(
  directory: string,
  choose: FaultChoice,
  changeCount: number,
): Promise<History> {
  const changes = Array.from({ length: changeCount }, (_, index) => changeOf(index))
  const states = await statesAfter(changes, directory)
  const disk = createFaultyDisk()
  const store = await openStore(directory, disk)
  disk.fail(choose)
  const began: number[] = []
  const acknowledged: number[] = []
  const run = async (change: StoreChange) => {
    const entry = began.push(disk.operations.length) - 1
    await change(store)
    acknowledged[entry] = disk.operations.length
  }
  for (let next = 0; next < changeCount; ) {
    // Now and then several at once, which share a write.
    const together = next % 7 === 0 ? 3 : 1
    await Promise.all(changes.slice(next, next + together).map(run))
    next += together
  }
  await store.close()
  return { operations: disk.operations, states, began, acknowledged }
}

/** The state before all changes and after each, had it been alone. */
async function statesAfter(
  changes: readonly StoreChange[],
  directory: string,
): Promise<readonly string[]> {
  const store = await openStore(directory, createFaultyDisk())
  const states = [await stateOf(store)]
  for (const change of changes) {
    await change(store)
    states.push(await stateOf(store))
  }
  await store.close()
  assert.equal(new Set(states).size, changes.length + 1, "each change makes another state")
  return states
}

/**
 * The change of a number: three users live through the same, each change one entry. A start uses a
 * code, and a reset makes recovery codes: the entry has the user, and sessions beside.
 */
function changeOf(index: number): StoreChange {
  const username = `u${index % 3}`
  const step = Math.floor(index / 3)
  const sidOf = (which: number) => `${username}-${which}`
  const session = sampleSession(sidOf(step), { username })
  const own = sampleFactors({ handle: username, recoveryCodes: [] })
  const used = useOfStep(1001 + step)
  const codes = { recoveryCodes: recoveryCodes("ABCDEFG"[step % 7]).slice(0, 2) }
  if (step === 0) return (store) => store.users.create(sampleUser(username, { factors: own }))
  switch (step % 6) {
    case 1:
      return (store) =>
        store.sessions.start(session, startOptions({ sessionsMax: 1, factors: used }))
    case 2:
      return (store) => rotate(store, sidOf(step - 1), presented(0))
    case 3:
      return (store) => rotate(store, sidOf(step - 2), presented(0, start + 99))
    case 4:
      return (store) => store.users.change(username, numbered(index))
    case 5:
      return (store) => store.failures.count(username, "stranger")
    default:
      return (store) =>
        store.users.reset(username, {}, { window: windowAt(), successor: session, factors: codes })
  }
}

/** Everything that can be asked of a store, but for the user that `assertIntact` adds. */
async function stateOf(store: Store): Promise<string> {
  const users = (await store.users.list()).filter(({ username }) => username !== "later")
  const names = users.map(({ username }) => username)
  const sessions = await Promise.all(names.map((name) => store.sessions.list(name)))
  const failed = await Promise.all(names.map((name) => store.failures.find(name)))
  const { sids } = await listRevocations(store, start)
  return JSON.stringify({ users, sessions, failed, sids: [...sids].sort() })
}

async function assertIntact(
  directory: string,
  files: Files,
  { states, began, acknowledged }: History,
  done: number,
): Promise<void> {
  const least = acknowledged.filter((moment) => moment <= done).length
  const most = began.filter((moment) => moment <= done).length
  const moment = `after ${done} operations`
  const store = await open(directory, files).catch((error) => assert.fail(`${moment}: ${error}`))
  const found = await stateOf(store)
  const at = states.indexOf(found)
  assert.ok(at >= least && at <= most, `${moment}: state ${at}, not within ${least} and ${most}`)
  assert.equal(await store.users.create(sampleUser("later")), "created", moment)
  const disk = disks.get(store)
  await store.close()
  const again = await open(directory, disk?.files ?? files).catch((error) =>
    assert.fail(`${moment}, the second time: ${error}`),
  )
  assert.equal(await stateOf(again), found, moment)
  assert.notEqual(await again.users.find("later"), null, moment)
  await again.close()
}

const disks = new WeakMap<Store, { readonly files: Files }>()

async function open(directory: string, files: Files): Promise<Store> {
  const disk = createFaultyDisk(files)
  const store = await openStore(directory, disk)
  disks.set(store, disk)
  return store
}

function openStore(directory: string, disk: ReturnType<typeof createFaultyDisk>): Promise<Store> {
  return openJsonStore({ directory, disk, warn: () => {}, bytesBetweenSnapshotsMin })
}

/** Of the operations that fit, all but each `n`-th fail. */
function everyOther(
  n: number,
  fits: (operation: Operation) => boolean,
  code: string,
  taken?: number,
): FaultChoice {
  let count = 0
  return (operation) => {
    if (!fits(operation)) return null
    count += 1
    return count % n === 0 ? null : { code, taken: taken ?? 0 }
  }
}

function tornLengths(operation: Operation & { readonly kind: "write" }): readonly number[] {
  const { length } = operation.bytes
  if (isHeader(operation)) return Array.from({ length }, (_, index) => index)
  return [1, Math.floor(length / 2), length - 1].filter((some) => some < length)
}
