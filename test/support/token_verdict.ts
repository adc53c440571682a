// What the verifier says to a token, and what a token says, unverified.

import assert from "node:assert/strict"
import { AuthError } from "../../src/errors.ts"
import { type TokenSettings, verifyAccessToken } from "../../src/token/access_token.ts"
import { startOfTests } from "./fake_clock.ts"
import { type Members, segments } from "./forge.ts"

/** "accepted", or the message of a refusal; anything else that is thrown fails the test. */
export async function verdict(
  token: string,
  settings: TokenSettings,
  now: number = startOfTests,
): Promise<string> {
  try {
    await verifyAccessToken(token, settings, now)
    return "accepted"
  } catch (error) {
    assert.ok(error instanceof AuthError, `Thrown: ${error}`)
    assert.equal(error.code, "invalid_token")
    return error.message
  }
}

/** Header and payload of a token as text, and the payload's claims. */
export interface DecodedToken {
  readonly headerText: string
  readonly payloadText: string
  readonly claims: Members
}

/** Decodes a token without a look at its signature. */
export function decodeToken(token: string): DecodedToken {
  const [headerText = "", payloadText = ""] = segments(token).map((part) =>
    Buffer.from(part, "base64url").toString(),
  )
  return { headerText, payloadText, claims: JSON.parse(payloadText) as Members }
}
