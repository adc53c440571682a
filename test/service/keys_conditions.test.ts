// Changes of keys by an admin, who has seen a version of them.

import assert from "node:assert/strict"
import { test } from "node:test"
import { type Act, byAdmin } from "../../src/service/act.ts"
import type { Keys } from "../../src/service/keys.ts"
import { JsonKeys } from "../../src/store/json/keys_file.ts"
import { noticeSeconds } from "../../src/token/keys/key_rotation.ts"
import { refusedAs } from "../support/refusal.ts"
import { type OpenedKeys, openTestKeys } from "./opened_keys.ts"

const caller = { requestId: "r1", address: "192.0.2.7", userAgent: "" }
const changed = [
  "precondition_failed",
  "It was changed since you read it: read it again, and decide again",
] as const

function seen(...ifVersion: readonly string[]): Act {
  return byAdmin("ann", caller, { ifVersion })
}

/** Each way to change the keys. */
const changes: Readonly<Record<string, (keys: Keys, act: Act) => Promise<unknown>>> = {
  rotate: (keys, act) => keys.rotate(act),
  "retire a key": (keys, act) => keys.retire(keys.list()[0]?.kid ?? "", act),
  "retire refresh": (keys, act) => keys.retire("refresh", act),
  "retire cookies": (keys, act) => keys.retire("cookies", act),
}

for (const [what, change] of Object.entries(changes)) {
  test(`${what}: of ten admins who saw one version, one changes the keys`, async () => {
    const { keys, log, file } = await openTestKeys()
    log.takeAudit()
    const act = seen(keys.version())
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => change(keys, act)))
    const refused = outcomes.flatMap((one) => (one.status === "rejected" ? [one.reason] : []))
    assert.equal(refused.length, 9)
    for (const error of refused) await assert.rejects(Promise.reject(error), refusedAs(...changed))
    const [{ by, request, client } = {}, ...more] = log.takeAudit()
    assert.deepEqual([by, request, client, more], ["ann", "r1", "192.0.2.7", []])
    const before = file()
    await assert.rejects(change(keys, act), refusedAs(...changed))
    assert.deepEqual(file(), before)
    // A second key can't wait beside the first one.
    if (what !== "rotate") await change(keys, seen("x", keys.version()))
  })
}

test("version() is another one when a key begins to sign, and the same after a restart", async () => {
  const opened: OpenedKeys = await openTestKeys()
  const { keys, clock } = opened
  const first = keys.version()
  await keys.rotate(seen(first))
  const waiting = keys.version()
  assert.notEqual(waiting, first)
  assert.equal((await opened.reopen()).keys.version(), waiting)
  clock.advance(noticeSeconds)
  assert.notEqual(keys.version(), waiting)
  await assert.rejects(keys.rotate(seen(waiting)), refusedAs(...changed))
})

test("an admin's change that another process was faster with is refused as changed", async (t) => {
  const { keys } = await openTestKeys()
  const act = seen(keys.version())
  // The other process, between the look at the keys and the write.
  const replace = t.mock.fn(async () => null)
  t.mock.method(JsonKeys.prototype, "replace", replace)
  await assert.rejects(keys.rotate(act), refusedAs(...changed))
  await assert.rejects(keys.rotate(), /Another process changed the keys at the same moment/)
  assert.equal(replace.mock.callCount(), 2)
})
