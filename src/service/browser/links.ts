// Links by which a user sets a password once, without mail: the operator makes one and hands it
// over. A new link voids the old one, and so does everything that ends the user's sessions. Looking
// at a link uses nothing up: previews and scanners open links, too.

import type { Clock } from "../../clock.ts"
import type { Caller } from "../../domain/caller.ts"
import type { LinkKind, User, UserLink } from "../../domain/user.ts"
import { versionOf } from "../../domain/user_condition.ts"
import { canonicalUsername, quotedName } from "../../domain/username.ts"
import { AuthError, tooManyRequests } from "../../errors.ts"
import { createRateLimit } from "../../limit/rate_limit.ts"
import type { PasswordHasher } from "../../password/hash.ts"
import type { Store } from "../../store/store.ts"
import { randomName } from "../../system/random.ts"
import type { Audit } from "../../telemetry/audit.ts"
import {
  isLinkOf,
  isTagOf,
  type LinkContent,
  makeLinkToken,
  usernameIn,
} from "../../token/link_token.ts"
import type { Accounts } from "../accounts.ts"
import { type Act, byOperator, isRefusedCondition, refusedCondition } from "../act.ts"
import {
  createUser,
  nameTaken,
  requireChoosable,
  requireName,
  unknownUser,
} from "../create_user.ts"
import type { KeyWatch } from "../keys.ts"
import { linkLimits } from "../limits.ts"
import { askerOf } from "../login_attempt.ts"
import { readByKeys } from "../read_by_keys.ts"
import type { PendingLogin, StartedLogin } from "../session_start.ts"
import type { CookieSessions } from "./cookie_sessions.ts"

/** A link that was made. */
export interface MadeLink {
  readonly username: string
  readonly kind: LinkKind
  readonly url: string
  /** Epoch seconds. */
  readonly expiresAt: number
  /** The user's version now (domain/user_condition.ts). */
  readonly version: string
}

/** The operator's commands for links. */
export interface LinkMaker {
  /**
   * Makes an invite. Makes the user, too, when there is none: nobody knows the password of that
   * user until the link is used.
   * @throws AuthError `invalid_request`, and `username_taken` for a user who has a password
   */
  invite(typed: string, act?: Act): Promise<MadeLink>
  /**
   * Makes a reset, whose use may remove the user's second factors, too.
   * @throws AuthError `invalid_request`, `not_found`
   */
  reset(typed: string, options?: { readonly removesFactors: boolean }, act?: Act): Promise<MadeLink>
}

/** A link that is good now. */
export interface FoundLink {
  readonly kind: LinkKind
  readonly user: User
  readonly tag: string
  readonly removesFactors: boolean
  readonly secondsLeft: number
}

/** What links work with. */
export interface LinkParts {
  readonly store: Store
  readonly hasher: PasswordHasher
  readonly keys: KeyWatch
  readonly clock: Clock
  readonly audit: Audit
}

const hour = 3600

/** For how long a link is good. */
const linkSeconds: Readonly<Record<LinkKind, number>> = { invite: 24 * hour, reset: hour }

/** Makes the operator's commands. `publicAddress` is that of the login page. */
export function createLinkMaker(parts: LinkParts & { readonly publicAddress: string }): LinkMaker {
  const { store, audit } = parts
  return {
    async invite(typed, act = byOperator) {
      const username = requireName(typed)
      const found = await store.users.find(username)
      if (found === null) {
        // A password that nobody knows: the user can do nothing before the link is used.
        const password = `${randomName()}${randomName()}`
        await createUser({ username, password }, { ...parts, asker: act.asker })
        audit("user.added", { ...act.fields, user: username })
      } else if (found.link?.kind !== "invite" || act.onlyNew) {
        throw nameTaken(username, "taken")
      }
      return makeLink({ kind: "invite", username, removesFactors: false }, act, parts)
    },
    async reset(typed, { removesFactors } = { removesFactors: false }, act = byOperator) {
      return makeLink({ kind: "reset", username: requireName(typed), removesFactors }, act, parts)
    },
  }
}

async function makeLink(
  { removesFactors, ...content }: LinkContent & Pick<UserLink, "removesFactors">,
  { fields, condition }: Act,
  { store, keys, clock, audit, publicAddress }: LinkParts & { readonly publicAddress: string },
): Promise<MadeLink> {
  const { kind, username } = content
  const user = await store.users.find(username)
  if (user?.disabled) {
    const message = `The user ${quotedName(username)} is disabled, and could not log in by a link`
    throw new AuthError("invalid_request", message)
  }
  await keys.catchUp()
  const { token, tag } = makeLinkToken(content, keys.cookieKey())
  const expiresAt = clock.now() + linkSeconds[kind]
  const link = { kind, tag, expiresAt, removesFactors }
  const changed = await store.users.change(username, { link }, condition)
  if (typeof changed === "string") {
    throw isRefusedCondition(changed) ? refusedCondition(changed) : unknownUser(username)
  }
  audit("link.made", { ...fields, user: username, reason: removesFactors ? "reset_mfa" : kind })
  const url = `${publicAddress}/${kind}?t=${token}`
  return { username, kind, url, expiresAt, version: versionOf(changed) }
}

/** The use of links. */
export class Links {
  readonly #parts: LinkParts & {
    readonly accounts: Accounts
    readonly cookieSessions: CookieSessions
  }
  readonly #newPasswords: ReturnType<typeof createRateLimit<FoundLink>>

  constructor(
    parts: LinkParts & { readonly accounts: Accounts; readonly cookieSessions: CookieSessions },
  ) {
    this.#parts = parts
    const keyOf = ({ tag }: FoundLink) => tag
    const rates = [{ ...linkLimits.newPasswords, keyOf }]
    this.#newPasswords = createRateLimit(rates, { seconds: parts.clock.steady })
  }

  /** The link of a token, or null when it is not good, or not any more. Changes nothing. */
  async find(token: string, kind: LinkKind): Promise<FoundLink | null> {
    const { store, keys, clock } = this.#parts
    const typed = await readByKeys(keys, () =>
      isLinkOf(token, kind, keys.cookieKey()) ? usernameIn(token) : null,
    )
    const username = canonicalUsername(typed ?? "")
    const user = username === null ? null : await store.users.find(username)
    if (user === null || user.disabled || user.link?.kind !== kind) return null
    const { tag, expiresAt, removesFactors } = user.link
    const now = clock.now()
    if (!isTagOf(tag, { token, kind }, keys.cookieKey()) || now >= expiresAt) return null
    return { kind, user, tag, removesFactors, secondsLeft: expiresAt - now }
  }

  /**
   * Sets the password of a link's user, ends all their sessions, and starts one in this browser or
   * gives what is due before that. Null when the link is not good any more.
   * @throws AuthError `invalid_request`, `password_blocked`, `too_many_requests`
   * @throws Unavailable
   */
  async use(
    link: FoundLink,
    { password, replaces }: { readonly password: string; readonly replaces: string | null },
    caller: Caller,
  ): Promise<StartedLogin | PendingLogin | null> {
    const { accounts, hasher, cookieSessions } = this.#parts
    const { user, kind, tag, removesFactors } = link
    const { username } = user
    const wait = this.#newPasswords.take(link)
    if (wait > 0) throw tooManyRequests(wait)
    await requireChoosable({ username, password })
    const { address } = caller
    const passwordHash = await hasher.hash(password, askerOf({ username, address, device: null }))
    const used = { user, kind, tag, removesFactors, passwordHash }
    const started = await cookieSessions.useLink(used, replaces, caller)
    if (started !== null) await accounts.forgetFailures(username)
    return started
  }
}
