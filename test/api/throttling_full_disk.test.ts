// Guesses while nothing can be written, or not yet. No password is compared before its failure is
// counted on the disk, and no answer reveals whether the password was right.

import assert from "node:assert/strict"
import { test } from "node:test"
import { assertRefused, prepareService, takeEvents } from "../support/api_scenario.ts"
import { createFaultyDisk, type FaultyDisk } from "../support/faulty_disk.ts"
import { createTestService } from "../support/test_service.ts"
import { addressOf, badCredentials, guess, guessUntilDelayed, lockOut, tally } from "./guesses.ts"

const right = "wonderland"
const unwritten = [503, "temporarily_unavailable", "The change could not be stored"] as const

function fill(disk: FaultyDisk): void {
  disk.fail(({ kind }) => (kind === "write" || kind === "make" ? { code: "ENOSPC" } : null))
}

test("POST /login on a full disk is unavailable to everybody, and counts nothing", async (t) => {
  const disk = createFaultyDisk()
  const { service, tokens } = await prepareService(t, { disk })
  takeEvents(service)
  fill(disk)
  for (let guesses = 0; guesses < 120; guesses += 1) {
    for (const username of ["alice", "nobody", "a/b"]) {
      assertRefused(await guess(service, { username }), unwritten)
    }
  }
  const { device_token: deviceToken } = tokens
  for (const known of [{}, { deviceToken }]) {
    assertRefused(await guess(service, { password: right, ...known }), unwritten)
  }
  assert.deepEqual(new Set(takeEvents(service)), new Set(["request.unavailable"]))
  disk.fail()
  assert.equal(await service.store.failures.find("alice"), null)
  await guessUntilDelayed(service)
})

test("POST /login on a full disk does not show that an account is locked, and keeps it locked", async (t) => {
  const disk = createFaultyDisk()
  const { service, tokens } = await prepareService(t, { disk })
  await lockOut(service)
  fill(disk)
  assertRefused(await guess(service, { password: right }), unwritten)
  const { device_token: deviceToken } = tokens
  const known = { password: right, deviceToken }
  assertRefused(await guess(service, known), unwritten)
  disk.fail()
  assertRefused(await guess(service, { password: right }), badCredentials)
  assert.equal((await guess(service, known)).status, 200)
  assert.equal((await guess(service, { password: right })).status, 200)
})

test("POST /login by 200 clients at once counts what it answers, though the disk is full at times", async (t) => {
  const disk = createFaultyDisk()
  const { service } = await prepareService(t, { disk })
  takeEvents(service)
  let writes = 0
  disk.fail(({ kind }) => {
    if (kind !== "write") return null
    writes += 1
    return writes % 5 < 2 ? { code: "ENOSPC" } : null
  })
  const guesses = Array.from({ length: 200 }, (_, number) =>
    guess(service, { address: addressOf(number) }),
  )
  const statuses = tally((await Promise.all(guesses)).map(({ status }) => status))
  disk.fail()
  const { 401: failed = 0, 503: unavailable = 0 } = statuses
  assert.deepEqual([failed + unavailable, failed > 70, unavailable > 0], [200, true, true])
  const events = takeEvents(service).filter((event) => event.startsWith("user."))
  assert.deepEqual(events, ["user.locked alice"])
  assert.equal((await service.store.failures.find("alice"))?.strangers, 70)
  assertRefused(await guess(service, { password: right, address: addressOf(300) }), badCredentials)
})

test("POST /login fails for nobody before the failure is on disk", async (t) => {
  const disk = createFaultyDisk()
  const { service } = await prepareService(t, { disk })
  const held = disk.holdWrites()
  let answered = 0
  const guesses = ["alice", "nobody", "a/b"].map(async (username) => {
    const reply = await guess(service, { username })
    answered += 1
    return reply
  })
  await held.reached
  const jwks = await service.call("GET", "/.well-known/jwks.json")
  assert.deepEqual([jwks.status, answered], [200, 0])
  held.letGo()
  for (const reply of await Promise.all(guesses)) assertRefused(reply, badCredentials)
  assert.equal((await service.store.failures.find("alice"))?.strangers, 1)
})

test("POST /register on a full disk makes no user, and the name is free after that", async (t) => {
  const disk = createFaultyDisk()
  const service = await createTestService(t, { disk, registration: true })
  const json = { username: "carol", password: "korrekt-pferd-batterie" }
  fill(disk)
  takeEvents(service)
  assertRefused(await service.call("POST", "/register", { json }), unwritten)
  assert.deepEqual(takeEvents(service), ["request.unavailable"])
  assert.equal(await service.store.users.find("carol"), null)
  disk.fail()
  assert.equal((await service.call("POST", "/register", { json })).status, 201)
  assert.deepEqual(takeEvents(service), ["user.registered carol"])
})
