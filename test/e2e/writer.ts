// A process that opens the store of a directory and keeps several writes in flight, until it is
// killed or each of its writers has met a failure. It prints `ready`, and then a line for each
// write that was acknowledged: `user0 17`, the user and the number of the change.
//
//   node --import tsx test/e2e/writer.ts DIRECTORY BYTES_BETWEEN_SNAPSHOTS

import { writeSync } from "node:fs"
import { Unavailable } from "../../src/errors.ts"
import { openJsonStore } from "../../src/store/json/open_json_store.ts"
import { machineDisk } from "../../src/system/disk.ts"
import { numbered, sampleUser } from "../store/sample_user.ts"

const [directory = "", bytes = "2000"] = process.argv.slice(2)
const writersAtATime = 6
const print = (line: string) => void writeSync(1, `${line}\n`)

const store = await openJsonStore({
  directory,
  disk: machineDisk,
  warn: (event, message) => print(`warning ${event}: ${message}`),
  bytesBetweenSnapshotsMin: Number(bytes),
})
print("ready")
await Promise.all(Array.from({ length: writersAtATime }, (_, index) => keepWriting(`user${index}`)))
await store.close()

async function keepWriting(username: string): Promise<void> {
  const known = await store.users.find(username)
  for (let change = Number(known?.claims["number"] ?? 0) + 1; ; change += 1) {
    try {
      if (change === 1) await store.users.create(sampleUser(username, { claims: { number: 1 } }))
      else await store.users.change(username, numbered(change))
      print(`${username} ${change}`)
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      print(`unavailable ${username} ${change}: ${error.cause}`)
      return
    }
  }
}
