// Calls of the session store that leave out what most tests do not look at.

import type { Session } from "../../src/domain/session.ts"
import type { Revocations, Rotation, RotationOutcome, Store } from "../../src/store/store.ts"

/** The outcome of a rotation without the user. */
export type Rotated =
  | { readonly outcome: Exclude<RotationOutcome["outcome"], "gone">; readonly session: Session }
  | { readonly outcome: "gone" }

/** The session of a sid without its user, or null. */
export async function findSession(store: Store, sid: string): Promise<Session | null> {
  return (await store.sessions.find(sid))?.session ?? null
}

/** Uses a refresh token, and gives the outcome without the user. */
export async function rotate(store: Store, sid: string, rotation: Rotation): Promise<Rotated> {
  const rotated = await store.sessions.rotate(sid, rotation)
  if (rotated.outcome === "gone") return rotated
  const { outcome, session } = rotated
  return { outcome, session }
}

/** The lists of what ended, without their version. */
export async function listRevocations(
  store: Store,
  now: number,
): Promise<Omit<Revocations, "version">> {
  const { sids, jtis } = await store.sessions.revocations(now)
  return { sids, jtis }
}
