// What `assert.rejects` compares errors with: class, code and message.

import assert from "node:assert/strict"
import { AuthError, type ErrorCode, Unavailable } from "../../src/errors.ts"

/** A refusal of this code and message. */
export function refusedAs(code: ErrorCode, message: string): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof AuthError, String(error))
    assert.deepEqual([error.code, error.message], [code, message])
    return true
  }
}

/** A failure of the world with this message. */
export function unavailableAs(message: string): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof Unavailable, String(error))
    assert.equal(error.message, message)
    return true
  }
}

/** A token that is none, or was not made here. */
export const invalidToken = refusedAs("invalid_token", "Invalid token")

/** A token whose time is over, or its session's. */
export const expiredToken = refusedAs("invalid_token", "Token has expired")

/** A token of a session that ended, of a user who may not log in, or one that was revoked. */
export const revokedToken = refusedAs("invalid_token", "Token has been revoked")

/** A clock that shows less than when the session started. */
export const clockBehind = unavailableAs(
  "The clock is behind the time at which this session started",
)

/** A disk that took nothing. */
export const notStored = unavailableAs("The change could not be stored")
