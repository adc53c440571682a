// Sessions of browsers: started on the login page and named by cookies. They are sessions like all
// others, so a logout, a disabled user or a new password ends them with the next request. None of
// them gets a refresh token.

import type { Clock } from "../../clock.ts"
import type { Caller } from "../../domain/caller.ts"
import type { FactorRequirement } from "../../domain/factor_requirement.ts"
import { isAlive, type Session, type SessionLife } from "../../domain/session.ts"
import { AuthError, Unavailable } from "../../errors.ts"
import type { SessionOfUser } from "../../store/store.ts"
import {
  type CookieContent,
  type CookieKind,
  isCookieValue,
  writeCookieValue,
} from "../../token/cookie_value.ts"
import { Principal } from "../authenticate.ts"
import type { LoginCredentials } from "../credential_check.ts"
import type { DeviceTrust } from "../device_trust.ts"
import { type EndParts, endSession } from "../end_session.ts"
import type { KeyWatch } from "../keys.ts"
import type {
  PasswordChange,
  PendingLogin,
  SessionStart,
  StartedLogin,
  UsedLink,
} from "../session_start.ts"
import type { SessionSettings } from "../session_tokens.ts"
import { KnownCookies, type SentCookie } from "./known_cookies.ts"

/** How a browser logs in. */
interface BrowserLogin extends LoginCredentials {
  /** Whether the session outlives the browser's window. */
  readonly stays: boolean
  /** The session that this browser had before. It ends: a new login has a new sid. */
  readonly replaces: string | null
}

/** What the use cases work with. */
export interface CookieSessionParts extends EndParts {
  readonly starts: SessionStart
  readonly keys: KeyWatch
  readonly settings: SessionSettings
  readonly clock: Clock
  readonly requirement: FactorRequirement
  readonly trust: DeviceTrust
  /** Life of an access token: for so long a login counts as fresh. */
  readonly accessTtlSeconds: number
}

/** The longest idle life of a session that ends with the browser. */
export const briefIdleSeconds = 12 * 3600

/** The last use is written when this part of the idle life has gone by. */
const touchPart = 1 / 20

/** The use cases. */
export class CookieSessions {
  readonly #parts: CookieSessionParts
  readonly #known = new KnownCookies()
  /** Touches under way, so that many requests of one browser write once. */
  readonly #touches = new Map<string, Promise<Session | null>>()

  constructor(parts: CookieSessionParts) {
    this.#parts = parts
  }

  /**
   * Checks a name and a password and starts a session, or gives what is due before that. Throws
   * what SessionStart's `logIn` throws.
   */
  async logIn(login: BrowserLogin, caller: Caller): Promise<StartedLogin | PendingLogin> {
    const { stays, replaces, ...credentials } = login
    const started = await this.#parts.starts.logIn(credentials, this.lifeOf(stays), caller)
    if (!("due" in started)) await this.endReplaced(replaces, caller)
    return started
  }

  /**
   * Changes the password of a session's user, ends all sessions and starts another one, which lives
   * as long as that session. Throws what SessionStart's `changePassword` throws.
   */
  changePassword(
    passwords: PasswordChange,
    { session }: Pick<SessionOfUser, "session">,
    caller: Caller,
  ): Promise<StartedLogin> {
    const { username, sid } = session
    const life = this.lifeOf(this.stays(session))
    return this.#parts.starts.changePassword(passwords, { username, sid, life }, caller)
  }

  /**
   * Sets the password of a link's user, and starts a session that ends with the browser, or gives
   * what is due before that. Null when the link is not good any more.
   */
  async useLink(
    link: UsedLink,
    replaces: string | null,
    caller: Caller,
  ): Promise<StartedLogin | PendingLogin | null> {
    const started = await this.#parts.starts.useLink(link, this.lifeOf(false), caller)
    if (started !== null && !("due" in started)) await this.endReplaced(replaces, caller)
    return started
  }

  /**
   * Whether a session outlives the browser's window, which its idle life shows: where the settings
   * give all sessions at most twelve hours, none does.
   */
  stays({ idleExpiresAt, lastUsedAt }: Session): boolean {
    return idleExpiresAt - lastUsedAt > briefIdleSeconds
  }

  /** The value of a session's cookie. */
  valueOf(kind: CookieKind, content: CookieContent): string {
    return writeCookieValue(kind, content, this.#parts.keys.cookieKey())
  }

  /**
   * The session of a cookie's value with its user, or null when nobody is logged in by it. With
   * a caller, this counts as a use of the session.
   */
  async find(
    kind: CookieKind,
    cookie: SentCookie,
    caller: Caller | null,
  ): Promise<SessionOfUser | null> {
    const { store, keys, clock } = this.#parts
    // No `await` for a cookie that is known: most are.
    const known = this.#known.read(kind, cookie, keys.cookieKey())
    const sid = known ?? (await this.#sidOf(kind, cookie))
    const found = sid === null ? null : await store.sessions.find(sid)
    if (keys.haveChanged()) {
      await keys.catchUp()
      return this.find(kind, cookie, caller)
    }
    const now = clock.now()
    if (found === null || !isAlive(found.session, now) || found.user.disabled) return null
    const session = caller === null ? found.session : await this.#touch(found.session, now, caller)
    return session === null ? null : { ...found, session }
  }

  /** Finds who sent a login cookie, for guards. @throws AuthError `invalid_token` */
  async authenticate(cookie: SentCookie): Promise<Principal> {
    const found = await this.find("master", cookie, null)
    if (found === null) {
      throw new AuthError("invalid_token", "The login has ended", { reason: "revoked" })
    }
    return this.principalOf(found)
  }

  /** The principal of a session that was found. */
  principalOf(found: SessionOfUser): Principal {
    const { sid, startedAt } = found.session
    const { clock, accessTtlSeconds, requirement } = this.#parts
    const fresh = startedAt + accessTtlSeconds
    const facts = { sid, authTime: startedAt, issuedAt: startedAt, fresh }
    return new Principal(found, facts, { now: clock.now(), requirement })
  }

  /** Ends a session. False when it had ended. */
  logOut(sid: string, caller: Caller): Promise<boolean> {
    return endSession(sid, { caller, reason: "logout" }, this.#parts)
  }

  /** The sid of a value that is not known. Null for a value that was not made here. */
  async #sidOf(kind: CookieKind, cookie: SentCookie): Promise<string | null> {
    const { keys } = this.#parts
    if (!isCookieValue(cookie.value)) return null
    // Another process may have made the key.
    await keys.catchUp()
    return this.#known.read(kind, cookie, keys.cookieKey())
  }

  /** The session after a use, which is written now and then. Null when it has ended meanwhile. */
  async #touch(session: Session, at: number, caller: Caller): Promise<Session | null> {
    const { sid, lastUsedAt, idleExpiresAt } = session
    if (at - lastUsedAt < (idleExpiresAt - lastUsedAt) * touchPart) return session
    const { store, settings: life } = this.#parts
    const { address, userAgent } = caller
    const known = this.#touches.get(sid)
    const touch = known ?? store.sessions.touch(sid, { at, address, userAgent }, life)
    this.#touches.set(sid, touch)
    try {
      return await touch
    } catch (error) {
      // A full disk must not log anybody out. The next request tries again.
      if (error instanceof Unavailable) return session
      throw error
    } finally {
      if (this.#touches.get(sid) === touch) this.#touches.delete(sid)
    }
  }

  /** Ends the session that a browser had before a login. */
  async endReplaced(sid: string | null, caller: Caller): Promise<void> {
    if (sid !== null) await endSession(sid, { caller, reason: "replaced" }, this.#parts)
  }

  /** How long a session lives. */
  lifeOf(stays: boolean): SessionLife {
    const { idleSeconds, maxAgeSeconds } = this.#parts.settings
    return {
      maxAgeSeconds,
      idleSeconds: stays ? idleSeconds : Math.min(idleSeconds, briefIdleSeconds),
    }
  }
}
