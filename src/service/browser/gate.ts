// Judges requests for protected hosts, and hands logins over to them. Each host has a cookie of its
// own, which no other host gets. This is how a browser comes by it:
//
//   1. The host does not know the browser. The answer sets a random state cookie, and sends the
//      browser to the login host with the hash of it.
//   2. The login host knows the browser, or logs it in. It makes a ticket for this host and this
//      hash, and sends the browser to `/.postern/in` of the host with it (hand_over.ts).
//   3. The ticket is used up. If the browser has the state cookie, it gets the host's cookie and
//      goes on to the page that it wanted. So nobody can log a browser in by a ticket of their own.
//
// Tickets and cookies can fail to match: two tabs began at once, or the browser drops cookies. Then
// a good cookie of the host is enough, or else all is tried once more.

import { createHash } from "node:crypto"
import type { Clock } from "../../clock.ts"
import {
  type FindHost,
  type FoundHost,
  type HostAndPort,
  isLoginRefusal,
  isOpen,
  isOpenPreflight,
  refusalOf,
} from "../../domain/access_rule.ts"
import {
  type Destination,
  destinationLengthMax,
  entryPath,
  isOwnPath,
  pathOf,
  safePath,
} from "../../domain/destination.ts"
import { isServiceToken } from "../../domain/service_token.ts"
import { type RefusalReason, serviceTokenRefused } from "../../errors.ts"
import type { Store } from "../../store/store.ts"
import { randomName } from "../../system/random.ts"
import { readTicket, type Ticket } from "../../token/ticket.ts"
import type { Principal } from "../authenticate.ts"
import type { KeyWatch } from "../keys.ts"
import { readByKeys } from "../read_by_keys.ts"
import type { AppToken, AppTokens } from "./app_tokens.ts"
import type { CookieSessions } from "./cookie_sessions.ts"
import { type FindMachine, findMachine, type MachineRequest } from "./sent_machine.ts"

/** A request for a host, which a proxy asks about. */
export interface AskedRequest extends MachineRequest {
  readonly host: HostAndPort
  readonly method: string
  /** Path and query, as the client sent them. */
  readonly target: string
  readonly headers: ReadonlyMap<string, string>
  /** Whether a browser opens a page, so that it can be sent to the login page. */
  isNavigation(): boolean
  /** Whether that page is within another one. */
  isNested(): boolean
  /** The value of the host's cookie. */
  readonly cookie: string | null
  /** The value of the state cookie. */
  readState(): string | null
  /** The token of `Authorization: Bearer`. Throws AuthError `invalid_request`. */
  readBearer(): string | null
  /** Whether a browser may have sent it. */
  isOfBrowser(): boolean
}

/** What becomes of a request. */
export type Verdict =
  /** It may go on to the app. Without a principal nobody is logged in, and nobody has to be. */
  | {
      readonly kind: "allow"
      readonly principal: Principal | null
      /** Shows the app who sends the request; null with a shared secret. */
      readonly appToken: AppToken | null
    }
  /** The browser goes to the login page. */
  | {
      readonly kind: "log_in"
      readonly to: Destination
      /** The hash of the state cookie. */
      readonly state: string
      /** The value of the state cookie to set; null to leave the one that is there. */
      readonly newState: string | null
      /** How often the hand-over failed before. */
      readonly attempt: number
      readonly reason: RefusalReason
    }
  /** The browser goes to the page that it wanted, with a new cookie of the host unless null. */
  | {
      readonly kind: "enter"
      readonly url: string
      readonly cookie: { readonly value: string; readonly maxAgeSeconds?: number } | null
    }
  /** Nobody is logged in, and no page could help; or no login could help. */
  | {
      readonly kind: "refused"
      readonly reason: RefusalReason
      /** Whether the client may send a service token by Basic, and no browser would ask for it. */
      readonly asksBasic: boolean
    }
  /** The user who is logged in may not go there. */
  | { readonly kind: "denied"; readonly reason: RefusalReason; readonly to: Destination }

/** What the gate works with. */
interface GateParts {
  readonly findHost: FindHost
  readonly cookieSessions: CookieSessions
  readonly appTokens: AppTokens
  /** Finds who sent an access token. @throws AuthError `invalid_token` */
  readonly authenticate: (token: string) => Promise<Principal>
  /** Finds who sent a service token. @throws the same */
  readonly machine: FindMachine
  readonly store: Store
  readonly keys: KeyWatch
  readonly clock: Clock
}

/** How long a browser keeps its state: a login takes no longer. */
export const stateSeconds = 600

const stateForm = /^[\w-]{22}$/

interface Visitor {
  readonly principal: Principal
  /** Whether a login can help. A client with a token has no login page. */
  readonly isBrowser: boolean
}

/** Judges each request for a protected host. Keeps nothing between two requests. */
export class Gate {
  readonly #parts: GateParts

  constructor(parts: GateParts) {
    this.#parts = parts
  }

  /**
   * Judges a request.
   * @throws AuthError `invalid_token` and `invalid_request` for a token that counts and is no good
   */
  async judge(asked: AskedRequest): Promise<Verdict> {
    const host = this.#parts.findHost(asked.host)
    if (host === null) return { kind: "refused", reason: "unlisted_host", asksBasic: false }
    const { rule } = host
    const path = pathOf(asked.target)
    if (isOwnPath(path)) return this.#enter(asked, host)
    if (isOpen(rule, { method: asked.method, path }) || isOpenPreflight(rule, asked)) {
      return this.#allowAnybody(asked, host)
    }
    const visitor = await this.#findVisitor(asked, host)
    if (visitor === null) return this.#askForLogin(asked, host, "missing_token")
    if (typeof visitor === "string") return this.#askForLogin(asked, host, visitor)
    const { principal, isBrowser } = visitor
    const reason = refusalOf(rule, principal)
    if (reason === null) return this.#allow(principal, host)
    if (!isLoginRefusal(reason)) {
      return { kind: "denied", reason, to: destinationOf(host, asked.target) }
    }
    if (isBrowser) return this.#askForLogin(asked, host, reason)
    return { kind: "refused", reason, asksBasic: false }
  }

  /** Who sent a request; null for nobody, and why the credentials of Basic are no good. */
  async #findVisitor(
    asked: AskedRequest,
    host: FoundHost,
  ): Promise<Visitor | RefusalReason | null> {
    const { cookieSessions, authenticate } = this.#parts
    const { bearer, machine } = host.rule
    const found = await this.#findSession(asked, host)
    if (found !== null) return { principal: cookieSessions.principalOf(found), isBrowser: true }
    const principal = machine ? await findMachine(asked, this.#parts.machine) : null
    if (typeof principal === "string") return principal
    if (principal !== null) return { principal, isBrowser: false }
    const token = bearer ? asked.readBearer() : null
    if (token === null) return null
    if (isServiceToken(token)) throw serviceTokenRefused()
    return { principal: await authenticate(token), isBrowser: false }
  }

  #findSession({ cookie: value, caller }: AskedRequest, { name: host }: FoundHost) {
    if (value === null) return Promise.resolve(null)
    return this.#parts.cookieSessions.find("gate", { value, host }, caller)
  }

  /** Allows a request that needs no login. An app may still show who is logged in. */
  async #allowAnybody(asked: AskedRequest, host: FoundHost): Promise<Verdict> {
    const found = await this.#findSession(asked, host)
    const principal = found === null ? null : this.#parts.cookieSessions.principalOf(found)
    if (principal !== null && refusalOf(host.rule, principal) === null) {
      return this.#allow(principal, host)
    }
    return { kind: "allow", principal: null, appToken: null }
  }

  async #allow(principal: Principal, { origin }: FoundHost): Promise<Verdict> {
    const appToken = await this.#parts.appTokens.find(principal, origin)
    return { kind: "allow", principal, appToken }
  }

  #askForLogin(asked: AskedRequest, host: FoundHost, reason: RefusalReason): Verdict {
    return this.#sendToLogin(asked, { to: destinationOf(host, asked.target), attempt: 0, reason })
  }

  #sendToLogin(
    asked: AskedRequest,
    way: { readonly to: Destination; readonly attempt: number; readonly reason: RefusalReason },
  ): Verdict {
    const { reason, to } = way
    if (!asked.isNavigation()) return refusedAt(to.host, asked, reason)
    const sent = asked.readState()
    const known = sent !== null && stateForm.test(sent) ? sent : null
    // A part of a page would replace the state of the page that is being opened.
    if (known === null && asked.isNested()) return { kind: "refused", reason, asksBasic: false }
    const state = known ?? randomName()
    return { kind: "log_in", ...way, state: hashOf(state), newState: known === null ? state : null }
  }

  /** A browser comes back with a ticket. */
  async #enter(asked: AskedRequest, host: FoundHost): Promise<Verdict> {
    const isEntry = pathOf(asked.target) === entryPath
    // Previews and scanners must not use a ticket up.
    if (!isEntry || asked.method !== "GET" || !asked.isNavigation()) {
      return { kind: "refused", reason: "missing_token", asksBasic: false }
    }
    const state = asked.readState()
    const ticket = await this.#useTicket(asked.target)
    const own = ticket?.host === host.name ? ticket : null
    const to = { host, url: own?.target ?? `${host.origin}/` }
    if (own?.isFirst && state !== null && own.state === hashOf(state)) {
      const cookie = await this.#cookieFor(own.sid, asked, host)
      if (cookie !== null) return { kind: "enter", url: to.url, cookie }
    }
    const found = await this.#findSession(asked, host)
    if (found !== null) return { kind: "enter", url: to.url, cookie: null }
    const attempt = (own?.attempt ?? 0) + 1
    return this.#sendToLogin(asked, { to, attempt, reason: "missing_token" })
  }

  /** The ticket of a target, used up by that. Null for none, and for one that has expired. */
  async #useTicket(target: string): Promise<(Ticket & { readonly isFirst: boolean }) | null> {
    const { keys, clock, store } = this.#parts
    const [, text = ""] = /\?t=([\w.-]+)$/.exec(target) ?? []
    const ticket = await readByKeys(keys, () => readTicket(text, keys.cookieKey()))
    if (ticket === null || clock.now() >= ticket.expiresAt) return null
    const { id: jti, expiresAt } = ticket
    const isFirst = await store.sessions.revokeToken({ jti, expiresAt, isListed: false })
    return { ...ticket, isFirst }
  }

  /** The cookie of a session for a host. Null when the session has ended. */
  async #cookieFor(sid: string, { caller }: AskedRequest, { name: host }: FoundHost) {
    const { cookieSessions, clock } = this.#parts
    const value = cookieSessions.valueOf("gate", { sid, host })
    const found = await cookieSessions.find("gate", { value, host }, caller)
    if (found === null) return null
    const { session } = found
    const maxAgeSeconds = session.expiresAt - clock.now()
    return cookieSessions.stays(session) ? { value, maxAgeSeconds } : { value }
  }
}

function refusedAt({ rule }: FoundHost, asked: AskedRequest, reason: RefusalReason): Verdict {
  return { kind: "refused", reason, asksBasic: rule.machine && !asked.isOfBrowser() }
}

function destinationOf(host: FoundHost, target: string): Destination {
  const url = `${host.origin}${safePath(target)}`
  return { host, url: url.length > destinationLengthMax ? `${host.origin}/` : url }
}

function hashOf(state: string): string {
  return createHash("sha256").update(state).digest("base64url")
}
