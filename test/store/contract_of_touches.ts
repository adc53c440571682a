// What every engine must pass about the uses of a session by its cookie.

import assert from "node:assert/strict"
import { test } from "node:test"
import { type Session, touch } from "../../src/domain/session.ts"
import type { Store } from "../../src/store/store.ts"
import { type OpenStore, thenReopened, thousand } from "./json/opened_store.ts"
import { fill, life, sampleSession, start } from "./sample_session.ts"
import { findSession, listRevocations } from "./session_calls.ts"

const hour = 3600
const other = { address: "2001:db8::7", userAgent: "Other/2.0" }
const brief = sampleSession("s1", { idleExpiresAt: start + 12 * hour })

/** Defines the tests of `sessions.touch`. */
export function touchingContract(engine: string, open: OpenStore): void {
  test(`${engine}: sessions.touch() moves the last use on and keeps the idle life`, async (t) => {
    const { store, reopen } = await open(t)
    await fill(store, [brief])
    const at = start + 6 * hour
    const session = {
      ...brief,
      ...{ lastUsedAt: at, idleExpiresAt: at + 12 * hour, ...other },
      usedBefore: { at: start, address: brief.address, userAgent: brief.userAgent },
    }
    const touched = await store.sessions.touch("s1", { at, ...other }, life)
    assert.deepEqual(touched, session)
    assert.ok(Object.isFrozen(touched))
    for await (const one of thenReopened({ store, reopen })) {
      assert.deepEqual(await findSession(one, "s1"), session)
      assert.deepEqual(await listRevocations(one, at), { sids: [], jtis: [] })
    }
  })

  test(`${engine}: sessions.touch() gives null for a session that is over or unknown`, async (t) => {
    const { store } = await open(t)
    await fill(store, [brief])
    for (const at of [brief.idleExpiresAt, brief.expiresAt, start - 3 * 24 * hour]) {
      assert.equal(await store.sessions.touch("s1", { at, ...other }, life), null, `${at}`)
    }
    assert.equal(await store.sessions.touch("s2", { at: start + 1, ...other }, life), null)
    assert.deepEqual(await findSession(store, "s1"), brief)
  })

  test(`${engine}: sessions.touch() that is not after the last use changes nothing`, async (t) => {
    const { store } = await open(t)
    await fill(store, [brief])
    for (const at of [start, start - 60]) {
      assert.deepEqual(await store.sessions.touch("s1", { at, ...other }, life), brief)
    }
    assert.deepEqual(await findSession(store, "s1"), brief)
  })

  test(`${engine}: sessions.touch() follows domain/session.ts's touch()`, async (t) => {
    const { store } = await open(t)
    for (const [number, session, use, lives] of uses()) {
      await fill(store, [session])
      const touched = await store.sessions.touch(session.sid, use, lives)
      assert.deepEqual(touched, touch(session, use, lives), `${number}`)
    }
  })

  test(`${engine}: of 1000 touches and an end at once the end is final`, async (t) => {
    const { store } = await open(t)
    await fill(store, [brief])
    const touches = thousand.map((number) => touchOrNull(store, start + 1 + number))
    const window = { at: start + 500, steadyAt: start, accessTtlSeconds: 900, graceSeconds: 30 }
    const [ended] = await Promise.all([store.sessions.end("s1", { window }), ...touches])
    assert.equal(ended?.sid, "s1")
    assert.equal(await findSession(store, "s1"), null)
    assert.equal(await touchOrNull(store, start + 2000), null)
  })
}

function touchOrNull(store: Store, at: number): Promise<Session | null> {
  return store.sessions.touch("s1", { at, ...other }, life)
}

/** Sessions and uses over the steps that lists round down to, and over each of the ends. */
function* uses() {
  let number = 0
  const usedBefore = { at: start - 700, address: "192.0.2.9", userAgent: "Older/1.0" }
  for (const after of [1, 599, 600, 601, 11 * hour]) {
    for (const before of [null, usedBefore]) {
      for (const idleSeconds of [hour, 12 * hour, 100 * hour]) {
        for (const maxAgeSeconds of [2 * hour, life.maxAgeSeconds]) {
          number += 1
          const session = sampleSession(`t${number}`, {
            ...{ idleExpiresAt: start + 12 * hour, usedBefore: before },
          })
          const use = { at: start + after, ...other }
          yield [number, session, use, { idleSeconds, maxAgeSeconds }] as const
        }
      }
    }
  }
}
