// What was written is compared with what was given before it counts.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Content, CopyTarget } from "../../src/store/copying.ts"
import { fillWatched } from "../../src/store/watched_content.ts"
import { refused } from "./copied_places.ts"
import { sampleContent } from "./sample_content.ts"

const watching = { onProgress: () => {}, isInterrupted: () => false }

/** A target that gives back another content than it was given. */
function targetOf(copied: Content): CopyTarget {
  return {
    place: "the test",
    requireEmpty: async () => {},
    async fill(content, compare) {
      for (const table of ["users", "sessions"] as const) {
        for await (const _ of content.read(table));
      }
      await compare(copied)
    },
  }
}

test("fillWatched() refuses a copy that differs, and says by how many records", async () => {
  const given = sampleContent(3, nothingBut({ users: 3, sessions: 2 }))
  const one = sampleContent(3, nothingBut({ users: 3, sessions: 1 }))
  await assert.rejects(fillWatched(given, targetOf(one), watching), (error) => {
    assert.match(String(error), /\n {2}sessions: 2 given, 1 read back$/)
    return refused(/^What was read back from the test differs from what was written/, 1)(error)
  })
  const other = { ...given, keys: Buffer.from("other keys") }
  await assert.rejects(
    fillWatched(given, targetOf(other), watching),
    refused(/^What was read back from the test differs from what was written$/, 1),
  )
  const { counts } = await fillWatched(given, targetOf(given), watching)
  assert.deepEqual([counts.users, counts.sessions], [3, 2])
})

function nothingBut(counts: { users: number; sessions: number }) {
  const none = { reservedNames: 0, endedSessions: 0, revokedTokens: 0 }
  return { ...none, failedLogins: 0, loginHistories: 0, serviceTokens: 0, ...counts }
}
