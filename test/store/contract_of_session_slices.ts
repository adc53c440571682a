// What every engine must pass about going through all sessions.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Session } from "../../src/domain/session.ts"
import { sliceMax } from "../../src/store/copying.ts"
import type { Store } from "../../src/store/store.ts"
import { type OpenStore, thenReopened } from "./json/opened_store.ts"
import { sampleSession, startOptions, windowAt } from "./sample_session.ts"
import { sampleUser } from "./sample_user.ts"

const usernames = Array.from({ length: 25 }, (_, at) => `user-${at}`)

/** More than one slice. */
const sessions = Array.from({ length: sliceMax + 200 }, (_, at) =>
  sampleSession(`s${at}`, { username: `user-${at % 25}` }),
)

/** Defines the tests of `sessions.slices`. */
export function sessionSlicesContract(engine: string, open: OpenStore): void {
  test(`${engine}: sessions.slices() gives all sessions in the order of their start`, async (t) => {
    const { store, reopen } = await open(t)
    assert.deepEqual(await allOf(store), [])
    await store.users.seed(usernames.map((username) => sampleUser(username)))
    const options = startOptions({ sessionsMax: 1000 })
    for (const session of sessions) await store.sessions.start(session, options)
    await store.sessions.end("s7", { window: windowAt() })
    const left = sessions.filter(({ sid }) => sid !== "s7")
    for await (const one of thenReopened({ store, reopen })) {
      const lengths: number[] = []
      for await (const slice of one.sessions.slices()) lengths.push(slice.length)
      assert.ok(lengths.length > 1 && Math.max(...lengths) <= sliceMax, String(lengths))
      assert.deepEqual(await allOf(one), left)
    }
  })
}

async function allOf({ sessions }: Store): Promise<Session[]> {
  const all: Session[] = []
  for await (const slice of sessions.slices()) all.push(...slice)
  return all
}
