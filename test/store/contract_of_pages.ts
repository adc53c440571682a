// What every engine must pass: users page by page.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Store } from "../../src/store/store.ts"
import type { PageQuestion } from "../../src/store/user_pages.ts"
import { nameOf, type OpenStore, thousand } from "./json/opened_store.ts"
import { windowAt } from "./sample_session.ts"
import { sampleUser } from "./sample_user.ts"

const isTrial = false
const all: PageQuestion = { after: "", limit: 7, search: "", role: "" }

/** Defines the tests of `users.page`. */
export function pagesContract(engine: string, open: OpenStore): void {
  test(`${engine}: users.page() gives every user once, ordered by name`, async (t) => {
    const { store, reopen } = await open(t)
    assert.deepEqual(await store.users.page(all), { users: [], next: null })
    const names = ["a", "a.b", "a_b", "a-b", "ab", "b@x.org", "~z", "!a", "0", "10", "9"]
    await store.users.createAll(
      names.map((name) => sampleUser(name)),
      { isTrial },
    )
    for (const limit of [1, 2, 3, names.length - 1, names.length, 100]) {
      assert.deepEqual(await readAll(store, { ...all, limit }), [...names].sort(), `${limit}`)
    }
    const whole = await store.users.page({ ...all, limit: names.length })
    assert.deepEqual(whole, { users: await store.users.list(), next: null })
    const again = await reopen()
    assert.deepEqual(await readAll(again, all), [...names].sort())
    const rest = await again.users.page({ ...all, after: "a.zzz" })
    assert.deepEqual(rest.users.map(nameOf), ["a_b", "ab", "b@x.org", "~z"])
  })

  test(`${engine}: users.page() finds parts of names and roles`, async (t) => {
    const { store } = await open(t)
    const users = thousand.map((index) =>
      sampleUser(`user${index}`, { roles: index % 100 === 7 ? ["admin"] : [] }),
    )
    await store.users.createAll(users, { isTrial })
    assert.deepEqual(await readAll(store, { ...all, search: "er99", limit: 2 }), [
      ...["user99", ...Array.from({ length: 10 }, (_, index) => `user99${index}`)],
    ])
    const admins = users.filter(({ roles }) => roles.length > 0).map(nameOf)
    assert.deepEqual(await readAll(store, { ...all, role: "admin", limit: 3 }), admins.sort())
    const both = { ...all, role: "admin", search: "90", limit: 1 }
    assert.deepEqual(await readAll(store, both), ["user907"])
    for (const nothing of ["er_9", "%", "user9999", "\u0000", "\ud800", "USER"]) {
      assert.deepEqual(await readAll(store, { ...all, search: nothing }), [], nothing)
    }
    assert.deepEqual(await readAll(store, { ...all, role: "adm" }), [])
    assert.deepEqual(await readAll(store, { ...all, after: "user998" }), ["user999"])
    for (const after of ["zzz", "~", "\uffff"]) {
      assert.deepEqual(await readAll(store, { ...all, after }), [], after)
    }
  })

  test(`${engine}: users.page() follows creations and deletions`, async (t) => {
    const { store } = await open(t)
    const names = thousand.map((index) => `user${(index * 617) % 1000}`)
    for (let at = 0; at < names.length; at += 100) {
      const some = names.slice(at, at + 100).map((name) => sampleUser(name))
      const created = store.users.createAll(some, { isTrial })
      // Before, while and after the names are put in order.
      await Promise.all([created, store.users.page(all)])
      const gone = names[at] ?? assert.fail()
      await store.users.delete(gone, windowAt())
      await store.users.page({ ...all, after: gone })
    }
    const left = (await store.users.list()).map(nameOf)
    assert.equal(left.length, 990)
    assert.deepEqual(await readAll(store, { ...all, limit: 50 }), left)
  })
}

/** The names on all pages. No page is empty but an only one. */
async function readAll(store: Store, question: PageQuestion): Promise<readonly string[]> {
  const names: string[] = []
  for (let { after } = question; ; ) {
    const { users, next } = await store.users.page({ ...question, after })
    names.push(...users.map(nameOf))
    if (next === null) return names
    assert.deepEqual([users.length, users.at(-1)?.username], [question.limit, next])
    after = next
  }
}
