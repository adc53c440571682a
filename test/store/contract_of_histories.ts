// What every engine must pass about the recent logins of users.

import assert from "node:assert/strict"
import { test } from "node:test"
import { emptyHistory } from "../../src/domain/login_history.ts"
import { type OpenStore, thenReopened } from "./json/opened_store.ts"
import { start, windowAt } from "./sample_session.ts"
import { sampleUser } from "./sample_user.ts"

const login = { at: start, address: "192.0.2.7" }
const failure = { at: start + 1, address: "2001:db8::1", count: 3 }
const code = { ...failure, isCode: true } as const
const history = { username: "alice", logins: [login], failures: [failure, code] }

/** Defines the tests of histories. */
export function historiesContract(engine: string, open: OpenStore): void {
  test(`${engine}: histories.add() joins what is there with what came after it`, async (t) => {
    const { store, reopen } = await open(t)
    await store.users.create(sampleUser("alice"))
    assert.equal(await store.histories.find("alice"), null)
    await store.histories.add(history)
    assert.deepEqual(await store.histories.find("alice"), history)
    const later = { ...emptyHistory("alice"), failures: [{ ...failure, at: start + 9, count: 2 }] }
    await store.histories.add(later)
    const joined = { ...history, failures: [{ ...failure, at: start + 9, count: 5 }, code] }
    for await (const one of thenReopened({ store, reopen })) {
      assert.deepEqual(await one.histories.find("alice"), joined)
      assert.equal(await one.histories.find("bob"), null)
    }
  })

  test(`${engine}: histories.add() of many at once loses nothing, and leaves out unknown users`, async (t) => {
    const { store } = await open(t)
    await store.users.create(sampleUser("alice"))
    await store.users.create(sampleUser("bob"))
    const add = (username: string) => ({ ...history, username })
    const both = [add("alice"), add("nobody"), add("bob"), add("\0")]
    const twenty = Array.from({ length: 20 }, () => both).flat()
    await Promise.all(twenty.map((one) => store.histories.add(one)))
    for (const username of ["alice", "bob"]) {
      const found = await store.histories.find(username)
      const counted = { ...failure, count: 60 }
      assert.deepEqual(found?.failures, [counted, { ...counted, isCode: true }])
      assert.equal(found.logins.length, 10)
    }
    assert.equal(await store.histories.find("nobody"), null)
    assert.equal(await store.histories.find("\0"), null)
  })

  test(`${engine}: a history goes with its user`, async (t) => {
    const { store } = await open(t)
    await store.users.create(sampleUser("alice"))
    await store.histories.add(history)
    await store.users.delete("alice", windowAt())
    assert.equal(await store.histories.find("alice"), null)
    await store.users.release("alice")
    await store.users.create(sampleUser("alice"))
    assert.equal(await store.histories.find("alice"), null)
  })
}
