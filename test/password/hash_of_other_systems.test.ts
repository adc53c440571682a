// Comparisons with the hashes of other systems: what they cost, and that large ones wait.

import assert from "node:assert/strict"
import { createHook } from "node:async_hooks"
import { test } from "node:test"
import { createPasswordHasher } from "../../src/password/hash.ts"
import { createHashingLane } from "../../src/password/hashing_lane.ts"
import { noPasswordHash } from "../../src/password/phc.ts"
import { cheapHashes } from "../support/test_service.ts"

const bcrypt = "$2b$04$15icfOwTwStexrtWOUEUku13Rd/xorDSLVWiRHDPdGIjcUCTFmWEe"
const argon2 = "$argon2i$v=19$m=64,t=2,p=2$c2FsdHNhbHQ$V54LVcvU6xGbCWC+tUeFiitQLh0sXi463JbPyStSams"
const pbkdf2 = "$pbkdf2-sha256$i=1000$U2FsdFNhbHRTYWx0$3PjRe6JHrpiITdFbtq0uK+tup5l8ymRGldCMIWOlOSs"

const hasher = createPasswordHasher(createHashingLane({ width: 2 }), cheapHashes)

/** The work that is handed to other threads: native modules' has no name. */
async function workOf(compare: () => Promise<unknown>): Promise<readonly string[]> {
  const work: string[] = []
  const hook = createHook({
    init(_id, type) {
      if (type === "undefined") work.push("native")
      if (type === "PBKDF2REQUEST") work.push("pbkdf2")
    },
  })
  hook.enable()
  try {
    await compare()
  } finally {
    hook.disable()
  }
  return work
}

for (const [name, hash] of Object.entries({ bcrypt, argon2, pbkdf2 })) {
  test(`verify() takes the hash of another system: ${name}`, async () => {
    assert.equal(await hasher.verify("wonderland", hash), true)
    assert.equal(await hasher.verify("builder", hash), false)
    assert.equal(await hasher.verify("wonder\0land", hash), false)
    assert.equal(await hasher.verify("wonderland", hash, { isOpen: Promise.resolve(false) }), false)
    assert.equal(hasher.isCurrent(hash), false)
  })
}

test("verify() of another system's hash does the work of a new one too, unless it is right", async () => {
  const rows: readonly (readonly [password: string, hash: string, work: readonly string[]])[] = [
    ["wonderland", pbkdf2, ["pbkdf2"]],
    ["builder", pbkdf2, ["pbkdf2", "native"]],
    ["wonder\0land", pbkdf2, ["pbkdf2", "native"]],
    ["x".repeat(100_000), argon2, ["native", "native"]],
    ["wonderland", "$2b$99$damaged", ["native"]],
  ]
  for (const [password, hash, work] of rows) {
    assert.deepEqual(await workOf(() => hasher.verify(password, hash)), work, hash)
  }
})

test("verify() is false for every password of a user who has none", async () => {
  for (const password of ["", "no-password-yet!", "\0", "wonderland"]) {
    assert.equal(await hasher.verify(password, noPasswordHash), false, password)
  }
})

test("verify() computes one hash at a time of those that need more memory than the lane has", async () => {
  const slow = `$argon2id$v=19$m=512,t=900,p=1$${"A".repeat(22)}$${"A".repeat(43)}`
  const own = `$argon2id$v=19$m=64,t=1,p=1$${"A".repeat(22)}$${"A".repeat(43)}`
  const small = `$argon2d$v=19$m=8,t=1,p=1$${"A".repeat(22)}$${"A".repeat(43)}`
  const order: string[] = []
  const verify = async (name: string, hash: string) => {
    await hasher.verify("wonderland", hash)
    order.push(name)
  }
  await verify("small", small)
  const first = verify("slow", slow)
  const rest = [verify("argon2", argon2), verify("own", own), verify("small", small)]
  await Promise.all([first, ...rest])
  assert.deepEqual(order.slice(0, 3), ["small", "small", "slow"])
  assert.deepEqual(new Set(order.slice(3)), new Set(["argon2", "own"]))
})
