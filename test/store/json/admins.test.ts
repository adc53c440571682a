// The last admin of a JSON store on a disk that fails: a failed creation never lets the last admin
// go, and a failed deletion never keeps another admin.

import assert from "node:assert/strict"
import { test } from "node:test"
import { createMemoryStore } from "../../support/memory_store.ts"
import { assertUnavailable } from "../assert_unavailable.ts"
import { windowAt } from "../sample_session.ts"
import { sampleUser } from "../sample_user.ts"

const roles = ["admin"]
const keepsAdmin = true

test("users.delete() keeps the last admin while another admin's creation is not on disk", async () => {
  const store = createMemoryStore()
  await store.users.create(sampleUser("ann", { roles }))
  assert.equal(await store.users.delete("ann", windowAt(), { keepsAdmin }), "last_admin")
  store.full = true
  const creation = store.users.create(sampleUser("bea", { roles }))
  const deletion = store.users.delete("ann", windowAt(), { keepsAdmin })
  await assertUnavailable(creation)
  await assertUnavailable(deletion)
  store.full = false
  assert.equal((await store.users.find("ann"))?.disabled, false)
  const again = store.users.create(sampleUser("bea", { roles }))
  assert.equal(await store.users.delete("ann", windowAt(), { keepsAdmin }), "last_admin")
  await again
  assert.notEqual(await store.users.delete("ann", windowAt(), { keepsAdmin }), "last_admin")
})

test("users.delete() deletes an admin after another admin's deletion failed", async () => {
  const store = createMemoryStore()
  for (const name of ["ann", "bea"]) await store.users.create(sampleUser(name, { roles }))
  await store.users.change("ann", { addRole: "reader" }, { keepsAdmin })
  store.full = true
  const first = store.users.delete("bea", windowAt(), { keepsAdmin })
  const second = store.users.delete("ann", windowAt(), { keepsAdmin })
  await assertUnavailable(first)
  await assertUnavailable(second)
  store.full = false
  const third = await store.users.delete("ann", windowAt(), { keepsAdmin })
  assert.equal(typeof third, "object")
  assert.equal(await store.users.delete("bea", windowAt(), { keepsAdmin }), "last_admin")
})

test("users.delete() counts admins that change while it searches", async () => {
  const store = createMemoryStore()
  const names = Array.from({ length: 25_000 }, (_, index) => `user${index}`)
  for (let at = 0; at < names.length; at += 5000) {
    const some = names.slice(at, at + 5000).map((name) => sampleUser(name))
    await store.users.createAll(some, { isTrial: false })
  }
  await store.users.create(sampleUser("ann", { roles }))
  const deletion = store.users.delete("ann", windowAt(), { keepsAdmin })
  // During the search: a user before the search's place becomes an admin.
  await store.users.change("user1", { addRole: "admin" })
  assert.equal(typeof (await deletion), "object")
  assert.equal(await store.users.delete("user1", windowAt(), { keepsAdmin }), "last_admin")
  assert.equal(await store.users.find("ann"), null)
})
