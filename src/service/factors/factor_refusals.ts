// The refusals of codes, tickets and changes of a user's factors.

import type { RefusedFactor } from "../../domain/factor_change.ts"
import { AuthError } from "../../errors.ts"

/** The refusal of a code. */
export function wrongCode(): AuthError {
  return new AuthError("invalid_code", "That code is not right")
}

/** The refusal of a ticket that is not good, or not any more. */
export function ticketIsOver(): AuthError {
  return new AuthError("invalid_token", "This login is over: log in again", { reason: "revoked" })
}

/** The refusal of a first code when no secret waits for one. */
export function nothingOffered(): AuthError {
  return new AuthError("not_found", "No authenticator app waits for its first code: start again")
}

/** The error for a change that the store refused. */
export function refusedFactor(refused: RefusedFactor): AuthError {
  if (refused === "last") {
    const message = "You need a second factor: add another one before you remove this one"
    return new AuthError("access_denied", message)
  }
  if (refused === "too_many") {
    return new AuthError("invalid_request", "You have too many passkeys: remove one first")
  }
  if (refused === "used") return new AuthError("invalid_request", "That was used before")
  return new AuthError("not_found", "You have no such factor")
}
