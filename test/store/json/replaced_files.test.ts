// Files that are exchanged, removed or written to by somebody else while the store is open (S-10,
// S-24): nothing is acknowledged any more that the next start would not have, and nothing is done
// to what was put in their place.

import assert from "node:assert/strict"
import { appendFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { unavailableAs } from "../../support/refusal.ts"
import { assertUnavailable } from "../assert_unavailable.ts"
import { sampleUser } from "../sample_user.ts"
import { nameOf } from "./opened_store.ts"
import {
  byRename,
  current,
  type Disturb,
  everything,
  inPlace,
  openWithBackup,
} from "./store_with_backup.ts"

/** What is done, the name that is told of it, and whether the next write alone would notice. */
const disturbances: Readonly<Record<string, readonly [Disturb, told: RegExp]>> = {
  "the directory is removed": [({ directory }) => rmSync(directory, { recursive: true }), /gone/],
  "the directory is moved away": [
    ({ directory }) => renameSync(directory, `${directory}.x`),
    /gone/,
  ],
  "a file stands in the directory's place": [
    ({ directory }) => {
      renameSync(directory, `${directory}.old`)
      writeFileSync(directory, "")
    },
    /gone/,
  ],
  "another copy is moved into the place": [
    ({ directory, backup }) => {
      renameSync(directory, `${directory}.old`)
      renameSync(backup, directory)
    },
    /journal\.0\.jsonl' is another file now/,
  ],
  "a backup is laid over it, as tar does": [byRename, /journal\.0\.jsonl' is another file now/],
  "a backup is written into it, as cp does": [inPlace, /journal\.0\.jsonl' was written to by/],
  "the journal is removed": [({ directory }) => rmSync(join(directory, current)), /gone/],
  "the journal is cut": [
    ({ directory }) => truncateSync(join(directory, current), 70),
    /written to/,
  ],
  "the journal is emptied": [
    ({ directory }) => truncateSync(join(directory, current)),
    /written to/,
  ],
  "the journal is appended to": [
    ({ directory }) => appendFileSync(join(directory, current), "x"),
    /journal\.0\.jsonl' was written to by somebody else/,
  ],
}

for (const [what, [disturb, told]] of Object.entries(disturbances)) {
  test(`a store writes nothing more when ${what}, and reads go on`, async (t) => {
    const opened = await openWithBackup(t)
    const { parent, store, alarms } = opened
    const keys = await store.keys.read()
    assert.ok(keys !== null)
    disturb(opened)
    const before = everything(parent)
    assert.equal(store.isInPlace(), true)
    await assertUnavailable(store.users.create(sampleUser("carol")))
    assert.equal(store.isInPlace(), false)
    await assertUnavailable(store.users.create(sampleUser("dave")))
    assert.deepEqual((await store.users.list()).map(nameOf), ["alice", "bob"])
    const replaced = store.keys.replace(keys.bytes, { ifVersion: keys.version })
    await assert.rejects(replaced, unavailableAs("The keys could not be stored"))
    assert.equal(alarms.length, 1, "it is told once")
    assert.match(alarms[0] ?? "", told)
    await store.close()
    // But the lock, which is this store's to remove.
    assert.deepEqual(everything(parent), before)
  })
}

/** What a write to the journal does not notice, but a look at all files does. */
const besides: Readonly<Record<string, readonly [Disturb, told: RegExp]>> = {
  "store.json is exchanged": [
    (opened) => byRename(opened, ["store.json"]),
    /store\.json' is anoth/,
  ],
  "store.json is removed": [({ directory }) => rmSync(join(directory, "store.json")), /gone/],
  "the other journal is exchanged": [
    (opened) => byRename(opened, ["journal.1.jsonl"]),
    /journal\.1\.jsonl' is another file now/,
  ],
  "the keys are exchanged": [(opened) => byRename(opened, ["keys.json"]), /keys\.json' is another/],
  "other keys of the same length are written into the file": [
    ({ directory }) => writeFileSync(join(directory, "keys.json"), "KEYS"),
    /keys\.json' was written to by somebody else/,
  ],
  "the lock is removed": [
    ({ directory }) => rmSync(join(directory, "lock.json")),
    /lock\.json' is not this process's any more/,
  ],
  "another takes the lock": [
    ({ directory }) => writeFileSync(join(directory, "lock.json"), "of another"),
    /lock\.json' is not this process's any more/,
  ],
}

/** An open store for each row of `besides`. */
function openForEach(t: TestContext) {
  const rows = Object.entries(besides).map(async ([what, [disturb, told]]) => {
    return { what, disturb, told, opened: await openWithBackup(t) }
  })
  return Promise.all(rows)
}

test("a store finds within a second a change that no write would notice", async (t) => {
  const rows = await openForEach(t)
  for (const { disturb, opened } of rows) disturb(opened)
  for (const { what, told, opened } of rows) {
    const { store, alarms } = opened
    await until(() => alarms.length > 0, what)
    assert.match(alarms[0] ?? "", told, what)
    assert.equal(store.isInPlace(), false)
    await assertUnavailable(store.users.create(sampleUser("carol")))
    assert.equal(alarms.length, 1)
  }
})

test("a store that was stopped for a second checks its files before it acknowledges a write", async (t) => {
  const rows = await openForEach(t)
  // Nothing else runs meanwhile, the timers of the stores neither.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000)
  const refused = rows.map(async ({ what, disturb, told, opened }) => {
    disturb(opened)
    await assertUnavailable(opened.store.users.create(sampleUser("carol")))
    assert.match(opened.alarms[0] ?? "", told, what)
  })
  await Promise.all(refused)
})

async function until(isSo: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 5000
  while (!isSo()) {
    assert.ok(performance.now() < end, `in time: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
