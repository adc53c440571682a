// The challenges of passkey ceremonies: made with the options, read back from the credential, and
// used up with what the credential changes.

import { ceremonySeconds } from "../../factor/passkey_options.ts"
import { readChallenge as challengeIn } from "../../factor/sent_credential.ts"
import type { RevokedToken } from "../../store/store.ts"
import { randomKey } from "../../system/random.ts"
import {
  type ChallengeUse,
  challengeIdBytes,
  readChallenge,
  writeChallenge,
} from "../../token/challenge.ts"
import { readByKeys } from "../read_by_keys.ts"
import type { FactorParts } from "./factor_parts.ts"

/**
 * A used challenge is remembered this much longer than it is good: the clock of another replica may
 * be behind, or this machine's may be set back.
 */
const keptSeconds = 3600

/** A challenge, and the random id in it. */
interface MadeChallenge {
  readonly challenge: string
  readonly id: string
}

/** A challenge that a credential answers, and how the store remembers that it was. */
interface AnsweredChallenge extends MadeChallenge {
  readonly used: RevokedToken
}

/** Makes a challenge. */
export async function makeChallenge(
  use: ChallengeUse,
  { keys, clock }: FactorParts,
): Promise<MadeChallenge> {
  await keys.catchUp()
  const id = randomKey(challengeIdBytes)
  const expiresAt = clock.now() + ceremonySeconds
  const challenge = writeChallenge({ id, expiresAt }, use, keys.cookieKey())
  return { challenge, id: Buffer.from(id).toString("base64url") }
}

/**
 * The challenge that a credential says it answers; null unless it is ours, for this use, and has
 * not expired. Only the signature shows whether the credential answers it. It may be used.
 */
export async function findChallenge(
  credential: unknown,
  use: ChallengeUse,
  { keys, clock }: FactorParts,
): Promise<AnsweredChallenge | null> {
  const challenge = challengeIn(credential) ?? ""
  const found = await readByKeys(keys, () => readChallenge(challenge, use, keys.cookieKey()))
  if (found === null || clock.now() >= found.expiresAt) return null
  const { id, expiresAt } = found
  return { challenge, id, used: { jti: id, expiresAt: expiresAt + keptSeconds, isListed: false } }
}
