import assert from "node:assert/strict"
import { test } from "node:test"
import { createUser, requireChoosable, requireName } from "../../src/service/create_user.ts"
import { operator } from "../../src/service/login_attempt.ts"
import { startOfTests } from "../support/fake_clock.ts"
import { plainHash } from "../support/plain_hasher.ts"
import { notStored, refusedAs } from "../support/refusal.ts"
import { better, createAccountParts, good } from "./account_parts.ts"

const alice = {
  ...{ username: "alice", passwordHash: plainHash(1, good), roles: [], claims: {} },
  ...{ disabled: false, createdAt: startOfTests, tokensNotBefore: 0, link: null, factors: null },
}

test("requireName() gives the canonical form, and refuses other names with the rule", () => {
  assert.equal(requireName("\u00a0\uff21LICE "), "alice")
  const rule =
    "That can't be a username: it needs 1 to 254 of the characters a-z 0-9 . _ - @ + ! $ & ' = ^ ~, " +
    "not - first, and not only dots"
  for (const typed of ["", " ", "al ice", "-", "a".repeat(255), "\u0430lice"]) {
    assert.throws(() => requireName(typed), refusedAs("invalid_request", rule), typed)
  }
})

test("requireChoosable() refuses what the policy refuses, with its reason", async () => {
  await requireChoosable({ username: "alice", password: good })
  await assert.rejects(
    requireChoosable({ username: "alice", password: "short" }),
    refusedAs("invalid_request", "A password needs at least 15 characters"),
  )
  await assert.rejects(
    requireChoosable({ username: "alice", password: "alicealicealice" }),
    refusedAs("password_blocked", "A password can't be made of the username or the service's name"),
  )
})

test("createUser() adds, and refuses a name that is taken, or reserved until it is released", async () => {
  const parts = { ...createAccountParts(), asker: operator }
  const { accounts, store } = parts
  const add = (password: string) => createUser({ username: "alice", password }, parts)
  assert.deepEqual(await add(good), alice)
  assert.deepEqual(await store.users.find("alice"), alice)
  const taken = refusedAs("username_taken", "There is a user 'alice' already")
  await assert.rejects(add(better), taken)
  await accounts.delete("alice")
  const reserved = refusedAs(
    "username_taken",
    "The name 'alice' was a user's who was deleted, and stays reserved",
  )
  await assert.rejects(add(better), reserved)
  await accounts.release("alice")
  await add(better)
  assert.equal((await store.users.find("alice"))?.passwordHash, plainHash(1, better))
})

test("createUser() on a full disk adds no user", async () => {
  const parts = { ...createAccountParts(), asker: operator }
  parts.store.full = true
  await assert.rejects(createUser({ username: "alice", password: good }, parts), notStored)
  parts.store.full = false
  assert.equal(await parts.store.users.find("alice"), null)
})
