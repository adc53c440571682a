// What every engine must pass about the links of users: one at a time, used once, voided by resets.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { UserLink } from "../../src/domain/user.ts"
import { type OpenStore, tally, thenReopened } from "./json/opened_store.ts"
import { fill, sampleSession, start, windowAt } from "./sample_session.ts"
import { sampleHash, sampleUser } from "./sample_user.ts"
import { findSession } from "./session_calls.ts"

const alice = sampleUser("alice")
const link: UserLink = {
  kind: "reset",
  tag: "first",
  expiresAt: start + 3600,
  removesFactors: true,
}
const newer: UserLink = {
  kind: "invite",
  tag: "second",
  expiresAt: start + 60,
  removesFactors: false,
}
const window = windowAt()
const passwordHash = sampleHash("B")
const tokensNotBefore = start + 1

/** Defines the tests of links. */
export function linksContract(engine: string, open: OpenStore): void {
  test(`${engine}: users.change() gives a user one link, the newest`, async (t) => {
    const { store, reopen } = await open(t)
    await store.users.create(alice)
    assert.deepEqual(await store.users.change("alice", { link }), { ...alice, link })
    assert.deepEqual(await store.users.change("alice", { link: newer }), { ...alice, link: newer })
    for await (const one of thenReopened({ store, reopen })) {
      assert.deepEqual(await one.users.find("alice"), { ...alice, link: newer })
    }
  })

  test(`${engine}: users.reset() with ifLinkTag uses exactly that link, and only in time`, async (t) => {
    const { store, reopen } = await open(t)
    await fill(store, [sampleSession("s1")])
    const successor = sampleSession("s2")
    const use = (ifLinkTag: string, at = start) =>
      store.users.reset("alice", { passwordHash }, { window: windowAt(at), ifLinkTag, successor })
    assert.equal(await use("first"), "other_link")
    await store.users.change("alice", { link })
    for (const tag of ["", "second", "FIRST", "first "]) assert.equal(await use(tag), "other_link")
    assert.equal(await use("first", start + 3600), "other_link")
    const before = await store.users.find("alice")
    assert.deepEqual(before, { ...alice, link })
    const used = await use("first")
    assert.ok(typeof used !== "string")
    assert.deepEqual(used.user, { ...alice, passwordHash, tokensNotBefore })
    for await (const one of thenReopened({ store, reopen })) {
      assert.deepEqual(await one.users.find("alice"), { ...alice, passwordHash, tokensNotBefore })
      assert.deepEqual(await findSession(one, "s2"), successor)
      assert.equal(await findSession(one, "s1"), null)
      const again = { window, ifLinkTag: "first", successor: sampleSession("s3") }
      assert.equal(await one.users.reset("alice", { passwordHash }, again), "other_link")
    }
  })

  usingContract(engine, open)
}

function usingContract(engine: string, open: OpenStore): void {
  test(`${engine}: a link that a hundred use at once is used once`, async (t) => {
    const { store } = await open(t)
    await store.users.create(alice)
    await store.users.change("alice", { link })
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, (_, at) =>
        store.users.reset(
          "alice",
          { passwordHash },
          { window, ifLinkTag: "first", successor: sampleSession(`n${at}`) },
        ),
      ),
    )
    const words = outcomes.map((one) => (typeof one === "string" ? one : "used"))
    assert.deepEqual(tally(words), { used: 1, other_link: 99 })
    assert.equal((await store.sessions.list("alice")).length, 1)
  })

  test(`${engine}: every reset voids the link, and other changes keep it`, async (t) => {
    const { store } = await open(t)
    await store.users.create(alice)
    for (const reset of [{}, { passwordHash }, { disabled: true } as const]) {
      await store.users.change("alice", { link })
      await store.users.change("alice", { addRole: "admin" })
      assert.deepEqual((await store.users.find("alice"))?.link, link)
      await store.users.reset("alice", reset, { window })
      assert.equal((await store.users.find("alice"))?.link, null)
    }
    // Twice in a second, too.
    for (let times = 0; times < 2; times += 1) {
      await store.users.change("alice", { link })
      await store.users.reviveAll(window)
      assert.equal((await store.users.find("alice"))?.link, null)
    }
  })
}
