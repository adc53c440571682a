// Real hashes, as cheap as Argon2 allows.

import assert from "node:assert/strict"
import { createHook } from "node:async_hooks"
import { test } from "node:test"
import { verify as argon2Verify } from "@node-rs/argon2"
import { createPasswordHasher, tryHash } from "../../src/password/hash.ts"
import { createHashingLane } from "../../src/password/hashing_lane.ts"
import { readHashParameters } from "../../src/password/phc.ts"
import { operator } from "../../src/service/login_attempt.ts"
import { unavailableAs } from "../support/refusal.ts"
import { cheapHashes } from "../support/test_service.ts"

/** How many hashes are computed by some work: what the native module hands to the thread pool. */
async function countHashes(work: () => Promise<unknown>): Promise<number> {
  let count = 0
  const hook = createHook({
    init(_id, type) {
      // Its tasks have no name; all others of this process have one.
      if (type === "undefined") count += 1
    },
  })
  hook.enable()
  try {
    await work()
  } finally {
    hook.disable()
  }
  return count
}

const hasher = createPasswordHasher(createHashingLane({ width: 2 }), cheapHashes)

test("countHashes() counts the native module's work", async () => {
  const text = await hasher.hash("wonderland", operator)
  assert.equal(await countHashes(() => argon2Verify(text, "wonderland")), 1)
  assert.equal(await countHashes(() => hasher.hash("wonderland", operator)), 1)
  assert.equal(await countHashes(async () => hasher.isCurrent(text)), 0)
})

test("verify() that fails costs the old and the new hash, while there may be both", async () => {
  const lane = createHashingLane({ width: 2 })
  const minimum = { memoryKib: 8, passes: 1 }
  const old = await createPasswordHasher(lane, minimum, minimum).hash("wonderland", operator)
  const own = createPasswordHasher(lane, { memoryKib: 16, passes: 1 }, minimum)
  const current = await own.hash("wonderland", operator)
  const rows: readonly (readonly [password: string, hash: string | null, hashes: number])[] = [
    ["wonderland", old, 1],
    ["wonderland", current, 1],
    ["builder", old, 2],
    ["builder", current, 2],
    ["builder", null, 2],
    ["wonderland", null, 2],
    ["wonder\0land", old, 2],
    ["x".repeat(2_000_000), null, 2],
  ]
  for (const [password, hash, hashes] of rows) {
    const verify = async () => assert.equal(await own.verify(password, hash), hashes === 1)
    assert.equal(await countHashes(verify), hashes, `${password.slice(0, 20)} ${hash}`)
  }
})

test("createPasswordHasher() writes the parameters into the hash, and a salt of its own", async () => {
  const parameters = { memoryKib: 64, passes: 3 }
  const own = createPasswordHasher(createHashingLane({ width: 1 }), parameters)
  const hashes = [await own.hash("wonderland", operator), await own.hash("wonderland", operator)]
  for (const hash of hashes) {
    assert.match(hash, /^\$argon2id\$v=19\$m=64,t=3,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    assert.deepEqual(readHashParameters(hash), parameters)
  }
  assert.notEqual(hashes[0], hashes[1])
})

/** Passwords that are the same, or not. */
const pairs: readonly (readonly [name: string, hashed: string, typed: string, same: boolean])[] = [
  ["the same text", "wonderland", "wonderland", true],
  ["composed and decomposed é", "caf\u00e9", "cafe\u0301", true],
  ["decomposed and composed é", "cafe\u0301", "caf\u00e9", true],
  ["the ligature ﬁ and fi", "\ufb01sh", "fish", false],
  ["full-width and plain", "\uff41bc", "abc", false],
  ["another case", "wonderland", "Wonderland", false],
  ["a space before", "wonderland", " wonderland", false],
  ["a space after", "wonderland", "wonderland ", false],
  ["two spaces inside", "wonder land", "wonder  land", false],
  ["a tab for a space", "wonder land", "wonder\tland", false],
  ["nothing", "wonderland", "", false],
  ["as many bytes as may be", "x".repeat(1024), "x".repeat(1024), true],
  ["another last byte of 1024", "x".repeat(1024), `${"x".repeat(1023)}y`, false],
  ["another byte after 72", "x".repeat(80), `${"x".repeat(79)}y`, false],
  ["one byte more than may be", "x".repeat(1025), "x".repeat(1025), false],
  ["with NUL", "wonder\0land", "wonder\0land", false],
  ["with NUL and another end", "wonder\0land", "wonder\0", false],
  ["a lone surrogate", "wonder\ud800land", "wonder\ud800land", false],
]

for (const [name, hashed, typed, same] of pairs) {
  test(`verify() of ${name} is ${same}`, async () => {
    assert.equal(await hasher.verify(typed, await hasher.hash(hashed, operator)), same)
  })
}

test("verify() does the same work for every wrong password", async () => {
  const hash = await hasher.hash("wonderland", operator)
  const rows: readonly (readonly [name: string, password: string, hash: string | null])[] = [
    ["the right password", "wonderland", hash],
    ["a wrong one", "builder", hash],
    ["no such user", "wonderland", null],
    ["too long a one", "x".repeat(2_000_000), hash],
    ["too long a one and no such user", "x".repeat(2_000_000), null],
    ["NUL", "\0", hash],
    ["NUL and no such user", "\0", null],
    ["a lone surrogate", "\udc00", hash],
    ["an empty one", "", null],
  ]
  for (const [name, password, known] of rows) {
    const isRight = name === "the right password"
    const verify = async () => assert.equal(await hasher.verify(password, known), isRight, name)
    assert.equal(await countHashes(verify), 1, name)
  }
})

test("inTurn() and hash() wait for their turn in the lane, verify() does not", async () => {
  const lane = createHashingLane({ width: 1 })
  const own = createPasswordHasher(lane, cheapHashes)
  const text = await own.hash("wonderland", operator)
  const order: string[] = []
  let leave = () => {}
  const held = own.inTurn(async () => {
    order.push("held")
    await new Promise<void>((resolve) => {
      leave = resolve
    })
    order.push("left")
  }, operator)
  const hashed = own.hash("builder", operator).then(() => order.push("hashed"))
  const later = own.inTurn(async () => {
    assert.equal(await own.verify("wonderland", text), true)
    order.push("verified in turn")
    return "done"
  }, operator)
  assert.equal(await own.verify("wonderland", text), true)
  order.push("verified")
  leave()
  assert.deepEqual([await held, await hashed, await later], [undefined, 4, "done"])
  assert.deepEqual(order, ["held", "verified", "left", "hashed", "verified in turn"])
})

test("inTurn() hands on what its work throws, and the lane's refusal", async () => {
  const lane = createHashingLane({ width: 1, waitingMax: 0 })
  const own = createPasswordHasher(lane, cheapHashes)
  let fail = () => {}
  const failing = own.inTurn(
    () =>
      new Promise((_resolve, reject) => {
        fail = () => reject(new TypeError("a bug"))
      }),
    operator,
  )
  const tooMany = unavailableAs("Too many logins at a time")
  for (const work of [own.inTurn(async () => {}, operator), own.hash("wonderland", operator)]) {
    await assert.rejects(work, tooMany)
  }
  fail()
  await assert.rejects(failing, { name: "TypeError", message: "a bug" })
  await own.hash("wonderland", operator)
})

test("verify() without a hash is false for every password", async () => {
  for (const password of ["", "wonderland", "\0", "nobody"]) {
    assert.equal(await hasher.verify(password, null), false, password)
  }
})

test("tryHash() computes a hash of the parameters, and fails where that can't be", async () => {
  assert.equal(await countHashes(() => tryHash(cheapHashes)), 1)
  await assert.rejects(tryHash({ memoryKib: 1, passes: 1 }), /memory/i)
})

test("createPasswordHasher() computes nothing", async () => {
  const lane = createHashingLane({ width: 1 })
  const parameters = { memoryKib: 16, passes: 1 }
  const make = async () => createPasswordHasher(lane, parameters, { memoryKib: 8, passes: 1 })
  assert.equal(await countHashes(make), 0)
})

test("isCurrent() asks for at least the parameters of new hashes", async () => {
  const lane = createHashingLane({ width: 1 })
  const own = createPasswordHasher(lane, { memoryKib: 64, passes: 2 })
  const salt = "c2FsdHNhbHRzYWx0c2FsdA"
  const rest = `$${salt}$${"A".repeat(43)}`
  const rows: readonly (readonly [hash: string, current: boolean])[] = [
    [`$argon2id$v=19$m=64,t=2,p=1${rest}`, true],
    [`$argon2id$v=19$m=65,t=3,p=1${rest}`, true],
    [`$argon2id$v=19$m=63,t=2,p=1${rest}`, false],
    [`$argon2id$v=19$m=128,t=1,p=1${rest}`, false],
    [`$argon2i$v=19$m=64,t=2,p=1${rest}`, false],
    [`$argon2id$v=16$m=64,t=2,p=1${rest}`, false],
    ["$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW", false],
    ["", false],
  ]
  for (const [hash, current] of rows) assert.equal(own.isCurrent(hash), current, hash)
  assert.equal(own.isCurrent(await own.hash("wonderland", operator)), true)
})
