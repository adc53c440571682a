// The lock of a directory that a copy is made in: it is renewed for as long as the copy takes, and
// nothing gets its name, or is removed, in a directory that another process has taken.

import assert from "node:assert/strict"
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { setImmediate } from "node:timers/promises"
import { copyToDirectory } from "../../src/store/json/copied_store.ts"
import { encodeLock } from "../../src/store/json/lock_file.ts"
import { files, newDirectory, refused, warn } from "./copied_places.ts"
import { sampleContent } from "./sample_content.ts"

const content = sampleContent(30)
const renewMillis = 1000
const turnsMax = 10_000

/** Makes a copy; `meanwhile` runs when everything is written, and nothing has its name yet. */
function fill(
  { directory, disk }: ReturnType<typeof newDirectory>,
  meanwhile: () => Promise<void>,
): Promise<void> {
  return copyToDirectory({ directory, disk, warn }).fill(content, meanwhile)
}

function lockOf({ directory }: { readonly directory: string }): string {
  return readFileSync(join(directory, "lock.json"), "utf8")
}

/** A second passes, and the lock's next content is written. */
async function letRenew(t: TestContext, place: { readonly directory: string }): Promise<void> {
  const before = lockOf(place)
  t.mock.timers.tick(renewMillis)
  for (let turns = 0; lockOf(place) === before; turns += 1) {
    assert.ok(turns < turnsMax, "it is not renewed")
    await setImmediate()
  }
}

test("copyToDirectory() renews its lock while it copies, and gives it back", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] })
  const to = newDirectory(t)
  await fill(to, async () => {
    for (let seconds = 0; seconds < 5; seconds += 1) await letRenew(t, to)
    assert.match(lockOf(to), /"beat":5\}/)
  })
  assert.deepEqual(readdirSync(to.directory).sort(), files)
})

test("copyToDirectory() leaves a directory alone that another process has taken", async (t) => {
  const to = newDirectory(t)
  const theirs = encodeLock({ id: "another", boot: null, socket: null }, 7)
  const copying = fill(to, async () => {
    writeFileSync(join(to.directory, "lock.json"), theirs)
    for (const name of files) writeFileSync(join(to.directory, name), "theirs")
  })
  await assert.rejects(copying, refused(/lock\.json' is not this process's any more$/, 69))
  assert.deepEqual(readdirSync(to.directory).sort(), [...files, "lock.json"].sort())
  for (const name of files) assert.equal(readFileSync(join(to.directory, name), "utf8"), "theirs")
  assert.equal(lockOf(to), String(theirs))
})

test("copyToDirectory() makes a directory private that is open and holds no store", async (t) => {
  const to = newDirectory(t)
  mkdirSync(to.directory)
  writeFileSync(join(to.directory, "control.sock"), "")
  chmodSync(to.directory, 0o755)
  await fill(to, async () => {})
  assert.equal(statSync(to.directory).mode & 0o777, 0o700)
  assert.deepEqual(readdirSync(to.directory).sort(), [...files, "control.sock"].sort())
})
