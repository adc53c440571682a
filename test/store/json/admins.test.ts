// The last admin of a JSON store on a disk that fails: nobody goes because of somebody who, in the
// end, did not come; and nobody is told "last" because of somebody who did not go.

import assert from "node:assert/strict"
import { test } from "node:test"
import { createMemoryStore } from "../../support/memory_store.ts"
import { assertUnavailable } from "../assert_unavailable.ts"
import { windowAt } from "../sample_session.ts"
import { sampleUser } from "../sample_user.ts"

const roles = ["admin"]
const keepsAdmin = true

test("an admin whose creation is not on disk yet lets nobody go", async () => {
  const store = createMemoryStore()
  await store.users.create(sampleUser("ann", { roles }))
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

test("an admin is not the last one because another one's deletion failed", async () => {
  const store = createMemoryStore()
  for (const name of ["ann", "bea"]) await store.users.create(sampleUser(name, { roles }))
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
