// Who may pass. `anyone` and `guard` are the only ways to make an `Admitted`, and the route table
// takes nothing else: a route that forgets its guard does not compile.
// The token comes as Bearer (bearer.ts) and nowhere else.

import { type Awaitable, after } from "../awaitable.ts"
import { AuthError } from "../errors.ts"
import { missingTokenText, readBearerToken } from "./bearer.ts"
import type { HttpRequest, Reply, RequestHead } from "./message.ts"
import { problem } from "./problem.ts"

/** What a handler is told beside the request. */
export interface Context {
  /** The `{name}` segments of the route's path. */
  readonly params: Readonly<Record<string, string>>
}

/** A handler of a guarded route also gets who sent the request. */
export interface GuardedContext<P> extends Context {
  readonly principal: P
}

/** Answers a request. */
export type Handler<C = Context> = (request: HttpRequest, context: C) => Awaitable<Reply>

/** What the guard has to know of who sent a request. */
export interface Identity {
  readonly roles: readonly string[]
  readonly fresh: boolean
  readonly secondsSinceLogin: number | null
}

/** Tells who sent a token, or throws AuthError `invalid_token`. */
export type Authenticate<P> = (token: string) => Awaitable<P>

/** Whom a guard lets pass, beyond having a good token. */
export interface GuardOptions {
  /** Lets requests without a token pass, with `principal` null. A bad token is still refused. */
  readonly optional?: boolean
  /** A token given for a password; as a number, one given at most so many seconds ago. */
  readonly fresh?: boolean | number
  readonly role?: string
}

class Admission {
  // Private, so that no object literal is an Admission.
  readonly #handler: Handler
  readonly #refuse: (head: RequestHead) => Awaitable<Reply | null>
  /** Whom the route admits, in words, for tests and documents. */
  readonly admits: string

  constructor(
    admits: string,
    handler: Handler,
    refuse: (head: RequestHead) => Awaitable<Reply | null>,
  ) {
    this.admits = admits
    this.#handler = handler
    this.#refuse = refuse
  }

  handle(request: HttpRequest, context: Context): Awaitable<Reply> {
    return this.#handler(request, context)
  }

  /** How `handle` would refuse a request with this head, thrown or given, or null. */
  refuse(head: RequestHead): Awaitable<Reply | null> {
    return this.#refuse(head)
  }
}

/** A handler with its protection. Only `anyone` and `guard` make one. */
export type Admitted = Admission

/** Admits every request. */
export function anyone(handler: Handler): Admitted {
  return new Admission("anyone", handler, () => null)
}

/** Makes a guard, which admits requests with an access token to the handler it is given. */
export function guard<P extends Identity>(
  authenticate: Authenticate<P>,
  options: GuardOptions & { readonly optional: true },
): (handler: Handler<GuardedContext<P | null>>) => Admitted
export function guard<P extends Identity>(
  authenticate: Authenticate<P>,
  options?: GuardOptions & { readonly optional?: false },
): (handler: Handler<GuardedContext<P>>) => Admitted
export function guard<P extends Identity>(
  authenticate: Authenticate<P>,
  options: GuardOptions = {},
): (handler: Handler<GuardedContext<P>>) => Admitted {
  const { optional = false, fresh = false, role } = options

  function admit<T>(
    head: RequestHead,
    proceed: (principal: P) => Awaitable<T>,
  ): Awaitable<T | Reply> {
    const token = readBearerToken(head)
    if (token === null) {
      // The overloads promise null only to handlers that said `optional`.
      if (optional) return proceed(null as unknown as P)
      const reason = head.headers.get("authorization") ? "other_scheme" : "missing_token"
      throw new AuthError("missing_token", missingTokenText(head), { reason })
    }
    return after<P, T | Reply>(authenticate(token), (principal) => {
      if (role !== undefined && !principal.roles.includes(role)) {
        const message = `This needs the role '${role}'`
        throw new AuthError("insufficient_scope", message, { reason: "missing_role" })
      }
      if (fresh !== false && !isFresh(principal, fresh)) return notFresh(fresh)
      return proceed(principal)
    })
  }

  return (handler) =>
    new Admission(
      describe(options),
      (request, { params }) =>
        admit(request, (principal) => handler(request, { params, principal })),
      (head) => admit(head, () => null),
    )
}

function isFresh(principal: Identity, fresh: true | number): boolean {
  if (fresh === true) return principal.fresh
  const { secondsSinceLogin } = principal
  return secondsSinceLogin !== null && secondsSinceLogin <= fresh
}

// RFC 9470 §3: the challenge says how recent the login must be.
function notFresh(fresh: true | number): Reply {
  const code = "insufficient_user_authentication"
  const reply: Reply = { ...problem(code, "Fresh token required"), reason: "not_fresh" }
  if (fresh === true) return reply
  const header = `${reply.headers["WWW-Authenticate"]}, max_age="${fresh}"`
  return { ...reply, headers: { ...reply.headers, "WWW-Authenticate": header } }
}

function describe({ optional, fresh, role }: GuardOptions): string {
  const needs = [
    optional ? "token if any" : "token",
    ...(fresh === true ? ["fresh"] : typeof fresh === "number" ? [`fresh ${fresh} s`] : []),
    ...(role === undefined ? [] : [`role ${role}`]),
  ]
  return needs.join(", ")
}
