// What every engine must pass about the revival of all users at once.

import assert from "node:assert/strict"
import { test } from "node:test"
import { reviveUser } from "../../src/domain/revived_user.ts"
import type { User, UserLink } from "../../src/domain/user.ts"
import { type OpenStore, thenReopened } from "./json/opened_store.ts"
import { pendingTotp, sampleFactors } from "./sample_factors.ts"
import { presented, sampleSession, start, startOptions, windowAt } from "./sample_session.ts"
import { sampleHash, sampleUser } from "./sample_user.ts"
import { listRevocations, rotate } from "./session_calls.ts"

/** More than an engine revives in one step. */
const count = 450
const window = windowAt()

const sampleLink: UserLink = {
  ...{ kind: "reset", tag: "t", expiresAt: start + 60, removesFactors: false },
}

/** Users whose tokens are refused before times around the reset, and long after it. */
const users = Array.from({ length: count }, (_, at): User => {
  const tokensNotBefore = at % 5 === 0 ? 0 : start - 100 + at
  const link = at % 7 === 0 ? sampleLink : null
  const handle = `handle-${at}`
  const factors = at % 4 === 0 ? sampleFactors({ handle, pendingTotp, failures: at }) : null
  return sampleUser(`user-${at}`, { tokensNotBefore, disabled: at % 3 === 0, link, factors })
})

/** Defines the tests of `users.reviveAll`. */
export function revivalContract(engine: string, open: OpenStore): void {
  test(`${engine}: users.reviveAll() revives each user and ends all sessions`, async (t) => {
    const { store, reopen } = await open(t)
    assert.deepEqual(await store.users.reviveAll(window), { users: 0, sessions: 0 })
    await store.users.seed(users)
    const enabled = users.filter(({ disabled }) => !disabled)
    const sids = enabled.flatMap(({ username }) => [`${username}-a`, `${username}-b`])
    for (const sid of sids) {
      const session = sampleSession(sid, { username: sid.slice(0, -2) })
      await store.sessions.start(session, startOptions({ ifPasswordHash: sampleHash() }))
    }
    const done = await store.users.reviveAll(window)
    assert.deepEqual(done, { users: count, sessions: sids.length })
    const expected = users.map((user) => reviveUser(user, window.at))
    for await (const one of thenReopened({ store, reopen })) {
      const found = await one.users.list()
      assert.deepEqual(found, [...expected].sort(byName))
      assert.deepEqual(await rotate(one, "user-1-a", presented(0)), { outcome: "gone" })
      assert.deepEqual((await listRevocations(one, start)).sids.toSorted(), sids.toSorted())
    }
  })
}

function byName(a: User, b: User): number {
  return a.username < b.username ? -1 : 1
}
