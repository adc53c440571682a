// What a change says whose write failed.

import assert from "node:assert/strict"
import { Unavailable } from "../../src/errors.ts"

/** Asserts that a change could not be stored, and says when to try again. */
export async function assertUnavailable(change: Promise<unknown>): Promise<void> {
  await assert.rejects(change, (error) => {
    assert.ok(error instanceof Unavailable, `${error}`)
    assert.equal(error.message, "The change could not be stored")
    assert.equal(error.retryAfterSeconds, 5)
    assert.ok(error.cause instanceof Error)
    return true
  })
}
