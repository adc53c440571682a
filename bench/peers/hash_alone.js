// What the hash alone reaches: as many verifications in flight as CONCURRENCY says, for SECONDS, in
// a process of its own with Node's usual threads. Prints how many were done a second.

import { readFileSync } from "node:fs"
import { verify } from "@node-rs/argon2"

const { CONCURRENCY, SECONDS, PASSWORD, USERS_FILE } = process.env
const [hash] = Object.values(JSON.parse(readFileSync(USERS_FILE, "utf8")))
for (let warmUps = 0; warmUps < 8; warmUps += 1) await verify(hash, PASSWORD)
const startedAt = performance.now()
const endsAt = startedAt + Number(SECONDS) * 1000
let done = 0

async function keepVerifying() {
  while (performance.now() < endsAt) {
    await verify(hash, PASSWORD)
    if (performance.now() < endsAt) done += 1
  }
}

await Promise.all(Array.from({ length: Number(CONCURRENCY) }, keepVerifying))
process.stdout.write(`${done / Number(SECONDS)}\n`)
