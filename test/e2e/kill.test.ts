// SIGKILL at random moments: each acknowledged change is there at the next start, and the lock that
// was left behind can be taken.

import assert from "node:assert/strict"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { askService } from "../../src/admin/socket.ts"
import { openJsonStore } from "../../src/store/json/open_json_store.ts"
import type { Store } from "../../src/store/store.ts"
import { machineDisk } from "../../src/system/disk.ts"
import { roundsOf } from "../races/tally.ts"
import { startPostern } from "../support/postern_process.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { acknowledgedIn, bundleWriter, startWriter } from "./writer_process.ts"

const rounds = 3 * roundsOf(3)
const bytesBetweenSnapshots = 3000
const serviceRounds = 3
const millisUntilKillMax = 90

test(`a store that is killed ${rounds} times has every acknowledged write`, async (t) => {
  const script = bundleWriter(t)
  const directory = temporaryDirectory(t)
  let acknowledged = new Map<string, number>()
  let interrupted = 0
  for (let round = 1; round <= rounds; round += 1) {
    const writer = await startWriter(t, { script, directory, bytesBetweenSnapshots })
    await wait(Math.random() * millisUntilKillMax)
    await writer.kill()
    const place = `round ${round}`
    assert.deepEqual(writer.others(), [], place)
    acknowledged = new Map([...acknowledged, ...acknowledgedIn(writer.lines())])
    const torn: string[] = []
    const store = await open(directory, torn)
    interrupted += torn.length
    for (const [username, change] of acknowledged) {
      const found = Number((await store.users.find(username))?.claims["number"] ?? 0)
      // The one that was in flight may have arrived.
      assert.ok(
        found === change || found === change + 1,
        `${place}: ${username} ${change} ${found}`,
      )
      acknowledged.set(username, found)
    }
    await store.close()
  }
  const changes = [...acknowledged.values()].reduce((sum, one) => sum + one, 0)
  assert.ok(changes > rounds * 20, `only ${changes} changes`)
  assert.deepEqual(readdirSync(directory).sort(), [
    "journal.0.jsonl",
    "journal.1.jsonl",
    "store.json",
  ])
  t.diagnostic(`${changes} changes, ${interrupted} torn writes`)
})

test("a service that is killed has every user whose adding was answered", async (t) => {
  const directory = join(temporaryDirectory(t), "data")
  const settings = { POSTERN_DATA_DIR: directory }
  const answered = new Set<string>()
  for (let round = 1; round <= serviceRounds; round += 1) {
    const service = await startPostern(t, settings)
    const adding = Array.from({ length: 12 }, async (_, index) => {
      const username = `r${round}u${index}`
      const password = "korrekt pferd batterie 9"
      const answer = await askService(directory, { command: "user.add", username, password })
      if (answer?.ok === true) answered.add(username)
    })
    // Requests that wait when the service is killed get no answer.
    const ended = Promise.allSettled(adding)
    await Promise.any(adding)
    await wait(Math.random() * millisUntilKillMax)
    await service.stop("SIGKILL")
    await ended
    const store = await open(directory, [])
    for (const username of answered) {
      assert.notEqual(await store.users.find(username), null, `round ${round}: ${username}`)
    }
    await store.close()
  }
  assert.ok(answered.size >= serviceRounds)
})

async function open(directory: string, torn: string[]): Promise<Store> {
  const warn = (event: string, message: string) => {
    assert.equal(event, "store.torn_write_dropped", message)
    torn.push(message)
  }
  return openJsonStore({ directory, disk: machineDisk, warn })
}
