// The tokens that protected apps get, as `X-Postern-Token`. To sign one takes longer than the rest
// of a request, so a token is kept for each session and app, and used again for half of its life.
// It is dropped as soon as the user's roles, the user's claims, the login's assurance or the keys
// change.

import { isDeepStrictEqual } from "node:util"
import type { Clock } from "../../clock.ts"
import { isMachineName } from "../../domain/service_token.ts"
import { BoundedMap } from "../../system/bounded_map.ts"
import type { TokenSettings } from "../../token/access_token.ts"
import { type AppGrant, appTokenSeconds, signAppToken } from "../../token/app_token.ts"
import type { Principal } from "../authenticate.ts"

/** A token is replaced when it is this old. */
const renewSeconds = appTokenSeconds / 2
/** Sessions times apps: a token has at most some two KiB. */
const keptMax = 4_096

/** A token. As long as a token is used again, it is the same object. */
export interface AppToken {
  readonly text: string
}

interface KeptToken {
  /** The token, or the work on it. */
  readonly token: Promise<AppToken | null>
  readonly principal: Principal
  readonly signedAt: number
  readonly keySet: string
}

/** Signs tokens for apps, and keeps them while they can be used again. */
export class AppTokens {
  readonly #settings: TokenSettings
  readonly #clock: Clock
  readonly #kept = new BoundedMap<KeptToken>(keptMax)

  constructor({ tokens, clock }: { readonly tokens: TokenSettings; readonly clock: Clock }) {
    this.#settings = tokens
    this.#clock = clock
  }

  /** The token of a user's session, or of a machine, for an app. Null with a shared secret. */
  async find(principal: Principal, audience: string): Promise<AppToken | null> {
    const { username } = principal
    // Without a session only machines get here. No sid has a colon, as their names have.
    const sid = principal.sid ?? (isMachineName(username) ? username : null)
    if (this.#settings.profile === "shared" || sid === null) return null
    const now = this.#clock.now()
    const keySet = this.#settings.ring.keySet(now)
    const name = `${sid} ${audience}`
    const kept = this.#kept.get(name)
    if (kept !== null && isGood(kept, { principal, now, keySet })) return kept.token
    const token = this.#sign(principal, { sid, audience, issuedAt: now })
    this.#kept.set(name, { token, principal, signedAt: now, keySet })
    // Not kept for others when it can't be signed.
    token.catch(() => this.#kept.delete(name))
    return token
  }

  async #sign(
    { username, roles, claims, loggedInAt: authTime, acr, amr }: Principal,
    of: Pick<AppGrant, "sid" | "audience" | "issuedAt">,
  ): Promise<AppToken | null> {
    const grant: AppGrant = { username, roles, claims, authTime, acr, amr, ...of }
    const text = await signAppToken(grant, this.#settings)
    return text === null ? null : { text }
  }
}

function isGood(
  { principal: before, signedAt, keySet: signedBy }: KeptToken,
  { principal, now, keySet }: Pick<KeptToken, "principal" | "keySet"> & { readonly now: number },
): boolean {
  // The difference is negative when the clock was set back.
  if (now < signedAt || now - signedAt >= renewSeconds || keySet !== signedBy) return false
  if (before.acr !== principal.acr) return false
  return isSame(before.roles, principal.roles) && isSame(before.claims, principal.claims)
}

function isSame(one: unknown, other: unknown): boolean {
  return one === other || isDeepStrictEqual(one, other)
}
