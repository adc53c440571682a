// Guesses while nothing can be written, or not yet: they count all the same, and the answers tell
// nothing about it.

import assert from "node:assert/strict"
import { test } from "node:test"
import { assertRefused, prepareService, takeEvents } from "../support/api_scenario.ts"
import { createFaultyDisk, type FaultyDisk } from "../support/faulty_disk.ts"
import { createTestService } from "../support/test_service.ts"
import { addressOf, badCredentials, guess, lockOut } from "./guesses.ts"

const right = "wonderland"
const unwritten = [503, "temporarily_unavailable", "The change could not be stored"] as const

function fill(disk: FaultyDisk): void {
  disk.fail(({ kind }) => (kind === "write" || kind === "make" ? { code: "ENOSPC" } : null))
}

test("POST /login on a full disk fails alike, and locks, until it is unlocked", async (t) => {
  const disk = createFaultyDisk()
  const { service, tokens } = await prepareService(t, { disk })
  const before = await guess(service, { address: addressOf(1) })
  takeEvents(service)
  fill(disk)
  for (const username of ["alice", "nobody", "a/b"]) {
    assert.deepEqual(await guess(service, { username, address: addressOf(2) }), before)
  }
  await lockOut(service)
  assert.deepEqual(await guess(service, { password: right, address: addressOf(3) }), before)
  // Those before it was full count, too.
  assert.ok(takeEvents(service).includes("user.locked alice"))
  disk.fail()
  assert.deepEqual(await guess(service, { password: right, address: addressOf(4) }), before)
  const { device_token: deviceToken } = tokens
  const known = { password: right, deviceToken }
  fill(disk)
  assertRefused(await guess(service, known), unwritten)
  disk.fail()
  assert.equal((await guess(service, known)).status, 200)
  assert.equal((await guess(service, { password: right, address: addressOf(5) })).status, 200)
})

test("POST /login by 200 clients at once locks once, though the disk is full in between", async (t) => {
  const disk = createFaultyDisk()
  const { service, tokens } = await prepareService(t, { disk })
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
  for (const reply of await Promise.all(guesses)) assertRefused(reply, badCredentials)
  disk.fail()
  assert.ok(writes > 5)
  const events = takeEvents(service).filter((event) => event.startsWith("user."))
  assert.deepEqual(events, ["user.locked alice"])
  assertRefused(await guess(service, { password: right, address: addressOf(300) }), badCredentials)
  const { device_token: deviceToken } = tokens
  assert.equal((await guess(service, { password: right, deviceToken })).status, 200)
  assert.ok(takeEvents(service).includes("user.unlocked alice login"))
  assert.equal((await guess(service, { password: right, address: addressOf(300) })).status, 200)
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
  assert.equal((await service.store.findFailedLogins("alice"))?.strangers, 1)
})

test("POST /register on a full disk makes nobody, and the name is free after that", async (t) => {
  const disk = createFaultyDisk()
  const service = await createTestService(t, { disk, registration: true })
  const json = { username: "carol", password: "korrekt-pferd-batterie" }
  fill(disk)
  takeEvents(service)
  assertRefused(await service.call("POST", "/register", { json }), unwritten)
  assert.deepEqual(takeEvents(service), ["request.unavailable"])
  assert.equal(await service.store.findUser("carol"), null)
  disk.fail()
  assert.equal((await service.call("POST", "/register", { json })).status, 201)
  assert.deepEqual(takeEvents(service), ["user.registered carol"])
})
