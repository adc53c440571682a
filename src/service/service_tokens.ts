// Service tokens: the operator makes, lists and revokes them, and a guard finds the machine of one.
// Each request looks the token up, so a revoked one is refused from the next request on.

import type { Clock } from "../clock.ts"
import type { Caller } from "../domain/caller.ts"
import {
  isNoted,
  isServiceToken,
  lifeBounds,
  machineName,
  readLife,
  type ServiceToken,
} from "../domain/service_token.ts"
import { isWithinRights } from "../domain/user.ts"
import { adminRole } from "../domain/user_condition.ts"
import { canonicalUsername, quotedName, usernameRule } from "../domain/username.ts"
import { AuthError, type RefusalReason } from "../errors.ts"
import type { Store } from "../store/store.ts"
import { BoundedMap } from "../system/bounded_map.ts"
import type { Audit } from "../telemetry/audit.ts"
import { hashOfServiceToken, makeServiceToken } from "../token/service_token.ts"
import { type Act, byOperator } from "./act.ts"
import type { Principal } from "./authenticate.ts"
import { requireRole, rightsTooLarge } from "./user_rights.ts"

/** A service token without its hash. */
export type ServiceTokenSummary = Omit<ServiceToken, "hash">

/** The same in a list. */
export interface ListedServiceToken extends ServiceTokenSummary {
  readonly hasExpired: boolean
}

/** A new token, with the text that is shown this once. */
export interface MadeServiceToken extends ServiceTokenSummary {
  readonly token: string
}

/** What the operator asks for. */
interface AskedServiceToken {
  readonly name: string
  /** Names with commas between them. */
  readonly roles: string
  /** Such as `90d`. */
  readonly expires?: string
  /** What a machine has only if the operator says so. */
  readonly fresh?: boolean
  readonly aal2?: boolean
  /** Whether it has the role `admin`. */
  readonly admin?: boolean
}

interface ServiceTokenParts {
  readonly store: Store
  readonly clock: Clock
  readonly audit: Audit
}

/** Tokens whose last use this process remembers. */
const usedMax = 10_000

const noClaims = Object.freeze({})
const noMethods: readonly string[] = Object.freeze([])

const unknown = refusal("Invalid token", "unknown_token")
const malformed = refusal("Invalid token", "malformed")
const otherKind = refusal("Invalid token", "type")
const expired = refusal("Token has expired", "expired")

/** The use cases. */
export class ServiceTokens {
  readonly #parts: ServiceTokenParts
  /** By hash, when a use was noted by this process. */
  readonly #notedAt = new BoundedMap<number>(usedMax)

  constructor(parts: ServiceTokenParts) {
    this.#parts = parts
  }

  /** Makes a token. @throws AuthError `invalid_request`, and `username_taken` for its name */
  async create(asked: AskedServiceToken, { fields }: Act = byOperator): Promise<MadeServiceToken> {
    const { store, clock, audit } = this.#parts
    const { expires = lifeBounds.usual, fresh = false, aal2 = false } = asked
    const name = requireServiceName(asked.name)
    const roles = requireRoles(asked)
    const now = clock.now()
    const expiresAt = now + requireLife(expires)
    const { token, hash } = makeServiceToken()
    const made: ServiceToken = {
      ...{ name, hash, roles, fresh, acr: aal2 ? "aal2" : "aal1" },
      ...{ createdAt: now, expiresAt, lastUsedAt: null, lastAddress: "" },
    }
    if ((await store.serviceTokens.create(made)) === "taken") {
      throw new AuthError("username_taken", `There is a service token ${quotedName(name)} already`)
    }
    audit("service_token.created", { ...fields, user: machineName(name) })
    return { ...summary(made), token }
  }

  /** All tokens, ordered by name. */
  async list(): Promise<readonly ListedServiceToken[]> {
    const now = this.#parts.clock.now()
    const tokens = await this.#parts.store.serviceTokens.list()
    return tokens.map((one) => ({ ...summary(one), hasExpired: now >= one.expiresAt }))
  }

  /** Revokes a token: it is refused from the next request on. @throws AuthError `not_found` */
  async revoke(typed: string, { fields }: Act = byOperator): Promise<ServiceTokenSummary> {
    const { store, audit } = this.#parts
    const name = requireServiceName(typed)
    const revoked = await store.serviceTokens.revoke(name)
    if (revoked === null) {
      throw new AuthError("not_found", `There is no service token ${quotedName(name)}`)
    }
    audit("service_token.revoked", { ...fields, user: machineName(name), reason: "operator" })
    return summary(revoked)
  }

  /** Revokes all tokens, after a backup was restored. Gives how many there were. */
  async revokeAll(): Promise<number> {
    const { store, audit } = this.#parts
    const count = await store.serviceTokens.revokeAll()
    if (count > 0) audit("service_token.revoked", { reason: "revived", count })
    return count
  }

  /**
   * Finds the machine that sent a token. With a `name` the token must be of that name.
   * @throws AuthError `invalid_token`
   */
  readonly authenticate = async (
    text: string,
    caller: Pick<Caller, "address"> & { readonly name?: string },
  ): Promise<Principal> => {
    const { store, clock } = this.#parts
    const { name } = caller
    const hash = hashOfServiceToken(text)
    if (hash === null) throw isServiceToken(text) ? malformed : otherKind
    const token = await store.serviceTokens.findByHash(hash)
    if (token === null) throw unknown
    if (name !== undefined && canonicalUsername(name) !== token.name) throw unknown
    const now = clock.now()
    if (now >= token.expiresAt) throw expired
    this.#noteUse(token, { at: now, address: caller.address })
    return principalOf(token)
  }

  /** Notes a use now and then. Nobody waits for that, and its failure fails no request. */
  #noteUse(token: ServiceToken, use: { readonly at: number; readonly address: string }): void {
    const { hash } = token
    // The store may remember a last use of some time ago.
    const lastUsedAt = this.#notedAt.get(hash) ?? token.lastUsedAt
    if (!isNoted({ ...token, lastUsedAt }, use)) return
    this.#notedAt.set(hash, use.at)
    this.#parts.store.serviceTokens.noteUse(hash, use).catch(() => {})
  }
}

/**
 * The machine as handlers see it: frozen, and without a prototype, as authenticate.ts's Principal.
 * It has no login, so a guard that asks for a recent one refuses it, unless the operator said
 * `--fresh`.
 */
function principalOf({ name, roles, fresh, acr }: ServiceToken): Principal {
  const login = { sid: null, loggedInAt: null, secondsSinceLogin: fresh ? 0 : null }
  return Object.freeze({
    __proto__: null,
    ...{ username: machineName(name), roles, claims: noClaims, ...login, fresh, acr },
    ...{ amr: noMethods, hasFactor: false, mustEnrol: false },
  })
}

function requireServiceName(typed: string): string {
  const name = canonicalUsername(typed)
  if (name !== null) return name
  const message = `That can't be the name of a service token: it needs ${usernameRule}`
  throw new AuthError("invalid_request", message)
}

function requireRoles({ roles: text, admin = false }: AskedServiceToken): readonly string[] {
  const named = text.split(",").filter((role) => role !== "")
  if (named.includes(adminRole) && !admin) {
    throw new AuthError("invalid_request", "The role 'admin' needs --admin, too")
  }
  const roles = [...new Set([...named.map(requireRole), ...(admin ? [adminRole] : [])])].sort()
  if (!isWithinRights({ roles, claims: {} })) throw rightsTooLarge()
  return roles
}

function requireLife(text: string): number {
  const seconds = readLife(text)
  if (seconds !== null) return seconds
  const { least, most, usual } = lifeBounds
  const message = `A service token lives from ${least} to ${most}, such as ${usual}, and none for ever`
  throw new AuthError("invalid_request", message)
}

function summary({ hash: _hash, ...rest }: ServiceToken): ServiceTokenSummary {
  return rest
}

/** Made once, so that a flood of wrong tokens costs little. */
function refusal(message: string, reason: RefusalReason): AuthError {
  return Object.freeze(new AuthError("invalid_token", message, { reason }))
}
