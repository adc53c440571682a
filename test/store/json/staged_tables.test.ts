import assert from "node:assert/strict"
import { test } from "node:test"
import type { Store } from "../../../src/store/store.ts"
import { fill, sampleSession, startOptions } from "../sample_session.ts"
import { sampleUser } from "../sample_user.ts"
import { openFaulty } from "./faulty_store.ts"

const unreadable: readonly (readonly [
  name: string,
  member: string,
  call: (store: Store) => Promise<unknown>,
])[] = [
  [
    "a hash that is none",
    "passwordHash",
    (store) => store.users.create(sampleUser("bob", { passwordHash: "builder" })),
  ],
  ["a name with a blank", "username", (store) => store.users.create(sampleUser("b ob"))],
  [
    "an instant that is none",
    "tokensNotBefore",
    (store) => store.users.create(sampleUser("bob", { tokensNotBefore: 0.5 })),
  ],
  [
    "a user agent without end",
    "userAgent",
    (store) =>
      store.sessions.start(sampleSession("n1", { userAgent: "x".repeat(257) }), startOptions()),
  ],
  [
    "an id with a blank",
    "jti",
    (store) => store.sessions.revokeToken({ jti: "a b", expiresAt: 1, isListed: true }),
  ],
  [
    "an instant that is too large",
    "expiresAt",
    (store) => store.sessions.revokeToken({ jti: "a", expiresAt: 2 ** 53, isListed: true }),
  ],
]

for (const [name, member, call] of unreadable) {
  test(`write() refuses what no start could read: ${name}`, async (t) => {
    const { store, disk, reopen } = await openFaulty(t)
    await fill(store, [sampleSession("s1")])
    const done = disk.operations.length
    const refused = { name: "RecordError", message: `'${member}' is missing or not valid` }
    await assert.rejects(call(store), refused)
    assert.equal(disk.operations.length, done)
    const again = await reopen()
    assert.deepEqual(await again.users.list(), [sampleUser("alice")])
    assert.deepEqual(await again.sessions.list("alice"), [sampleSession("s1")])
  })
}
