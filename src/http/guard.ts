// Who may use a route. Only `anyone`, `guard`, `guardBy` and `trustedProxies` make a RouteHandler,
// and the route table takes nothing else: a route without its guard does not compile.

import type { Caller } from "../domain/caller.ts"
import { isServiceToken } from "../domain/service_token.ts"
import { AuthError, enrolmentRequired, serviceTokenRefused } from "../errors.ts"
import { type Limits, limitText } from "../limit/limit.ts"
import { bearer, type CredentialReader } from "./bearer.ts"
import { callerOf } from "./caller.ts"
import { isFormType } from "./media_type.ts"
import type { Asker, HttpRequest, Reply, RequestHead } from "./message.ts"
import { insufficientReply, refusalReply } from "./problem.ts"

/** What a handler gets with the request. */
export interface Context {
  /** The `{name}` segments of the route's path. */
  readonly params: Readonly<Record<string, string>>
}

/** What a handler of a guarded route gets with the request. */
export interface GuardedContext<P> extends Context {
  readonly principal: P
}

/** Answers a request without reading a body. If one is sent, the connection closes. */
export type Handler<C = Context> = (head: RequestHead, context: C) => Reply | Promise<Reply>

/** Answers a request with its body. Made by `withBody`. */
export interface BodyHandler<C = Context> {
  readonly handle: (request: HttpRequest, context: C) => Reply | Promise<Reply>
}

/** Makes a handler that takes the request's body, at most 16 KiB. */
export function withBody<C = Context>(handle: BodyHandler<C>["handle"]): BodyHandler<C> {
  return { handle }
}

/** The members of a principal that the guard checks. */
export interface Identity {
  readonly roles: readonly string[]
  readonly fresh: boolean
  readonly secondsSinceLogin: number | null
  readonly acr: "aal1" | "aal2"
  readonly hasFactor: boolean
  readonly mustEnrol: boolean
}

/** Which proxies ask, and what to do about others that do. */
interface TrustedProxiesOptions {
  readonly asker: Exclude<Asker, "client">
  readonly refused: (head: RequestHead) => void
}

/** Gives the principal of an access token, or throws AuthError `invalid_token`. */
export type Authenticate<P> = (token: string) => P | Promise<P>

/** Gives the machine of a service token, or throws AuthError `invalid_token`. */
export type AuthenticateMachine<P> = (token: string, caller: Caller) => P | Promise<P>

/** What a guard demands in addition to a valid token. */
export interface GuardOptions<P = never> {
  /** Accepts requests without a token, with `principal` null. A bad token is still refused. */
  readonly optional?: boolean
  /** True: the token of a login. A number: a login at most this many seconds ago. */
  readonly fresh?: boolean | number
  readonly role?: string
  /**
   * "aal2": a login with a second factor, or with a passkey. "own": the same of a user who has a
   * second factor, and nothing of others.
   */
  readonly acr?: "aal2" | "own"
  /** Lets users in who have to set up a second factor before anything else. */
  readonly enrols?: boolean
  /** Lets machines in by their service tokens, too. Without it nobody looks such a token up. */
  readonly machine?: AuthenticateMachine<P>
  /** Where the token is read from; `Authorization: Bearer` unless set. */
  readonly credentials?: CredentialReader
}

/** Says in another way what went wrong: gives the reply in the place of the one with the error. */
export type Explain = (
  error: unknown,
  failure: { readonly reply: Reply; readonly request: HttpRequest },
) => Reply

/** A handler with its protection. Only the functions of this file make one. */
export type RouteHandler = ProtectedHandler

/** What a row says about its handler. */
interface Described extends Pick<RouteHandler, "access" | "takesBody" | "limits"> {
  readonly asker?: Asker
}

class ProtectedHandler {
  // Private, so that no object literal is a ProtectedHandler.
  readonly #handle: BodyHandler["handle"]
  /** Explains errors of the route. */
  readonly explain: Explain
  /** Who may use the route, in words, for tests and documents. */
  readonly access: string
  /** Whether the request's body is read. */
  readonly takesBody: boolean
  /** Who asks: what the server makes of the head depends on it. */
  readonly asker: Asker
  /** How often the route may be used, in words, for tests and documents. */
  readonly limits: readonly string[]

  constructor(
    { access, takesBody, limits, asker = "client" }: Described,
    handle: BodyHandler["handle"],
    explain: Explain = (_error, { reply }) => reply,
  ) {
    this.access = access
    this.takesBody = takesBody
    this.asker = asker
    this.limits = limits
    this.#handle = handle
    this.explain = explain
  }

  handle(request: HttpRequest, context: Context): Reply | Promise<Reply> {
    return this.#handle(request, context)
  }
}

/** Allows every request. `limits` are those that the service enforces for this use case. */
export function anyone(handler: Handler | BodyHandler, limits: Limits = {}): RouteHandler {
  return new ProtectedHandler(describe("anyone", handler, limits), handleOf(handler))
}

/**
 * Allows requests of trusted proxies alone. Their headers say what they ask about, and anybody can
 * send such headers. `refused` is called with the head of each other request.
 */
export function trustedProxies(
  handler: Handler,
  { asker, refused }: TrustedProxiesOptions,
): RouteHandler {
  const guarded = (request: HttpRequest, context: Context): Reply | Promise<Reply> => {
    if (request.isProxied) return handler(request, context)
    refused(request)
    const message = "Only trusted proxies may ask here"
    return refusalReply(new AuthError("access_denied", message, { reason: "untrusted_proxy" }))
  }
  return new ProtectedHandler({ ...describe("trusted proxies", handler, {}), asker }, guarded)
}

/**
 * Makes a guard. The guard wraps a handler, so that it gets only requests with a valid access
 * token. `limits` are those that the service enforces for this use case.
 */
export function guard<P extends Identity>(
  authenticate: Authenticate<P>,
  options: GuardOptions<P> & { readonly optional: true },
): (handler: GuardedHandler<P | null>, limits?: Limits) => RouteHandler
export function guard<P extends Identity>(
  authenticate: Authenticate<P>,
  options?: GuardOptions<P> & { readonly optional?: false },
): (handler: GuardedHandler<P>, limits?: Limits) => RouteHandler
export function guard<P extends Identity>(
  authenticate: Authenticate<P>,
  options: GuardOptions<P> = {},
): (handler: GuardedHandler<P>, limits?: Limits) => RouteHandler {
  const { optional = false, role, machine = refuseMachines, credentials = bearer } = options
  if (machine !== refuseMachines && options.acr === "own") {
    throw new TypeError("A machine has no factor of its own: ask for acr 'aal2'")
  }

  return (handler, limits = {}) => {
    const handle = handleOf(handler)
    const guarded = async (request: HttpRequest, { params }: Context): Promise<Reply> => {
      const token = credentials.read(request)
      if (token === null) {
        // Not thrown: a throw through async functions takes longer than the rest of this reply.
        if (!optional) return refusalReply(credentials.missing(request))
        // The overloads promise null only to handlers of an optional guard.
        return handle(request, { params, principal: null as unknown as P })
      }
      const principal = await (isServiceToken(token)
        ? machine(token, callerOf(request))
        : authenticate(token))
      if (role !== undefined && !principal.roles.includes(role)) {
        const message = `This needs the role '${role}'`
        throw new AuthError("insufficient_scope", message, { reason: "missing_role" })
      }
      return insufficiency(principal, options) ?? handle(request, { params, principal })
    }
    return new ProtectedHandler(describe(accessOf(options), handler, limits), guarded)
  }
}

/** The principal of a request, or the reply to a request without one. */
export type Admission<P> = { readonly principal: P } | { readonly reply: Reply }

/**
 * Makes a guard that finds the principal in its own way, and answers in its own way when there is
 * none. `access` says in words whom it lets through.
 */
export function guardBy<P>(
  access: string,
  admit: (request: HttpRequest) => Promise<Admission<P>>,
): (handler: GuardedHandler<P>, limits?: Limits) => RouteHandler {
  return (handler, limits = {}) => {
    const handle = handleOf(handler)
    return new ProtectedHandler(describe(access, handler, limits), async (request, { params }) => {
      const admission = await admit(request)
      if ("reply" in admission) return admission.reply
      return handle(request, { params, principal: admission.principal })
    })
  }
}

/** The same route, whose errors are explained in another way. */
export function explained(route: RouteHandler, explain: Explain): RouteHandler {
  return new ProtectedHandler(
    route,
    (request, context) => route.handle(request, context),
    (error, failure) => explain(error, { ...failure, reply: route.explain(error, failure) }),
  )
}

/** Gives forms to one handler of a path, and all other requests to another one. */
export function orForm(other: RouteHandler, form: RouteHandler): RouteHandler {
  const access = `${other.access}; form: ${form.access}`
  const { limits } = other
  const routeOf = ({ headers }: HttpRequest) =>
    isFormType(headers.get("content-type") ?? "") ? form : other
  return new ProtectedHandler(
    { access, takesBody: true, limits },
    (request, context) => routeOf(request).handle(request, context),
    (error, failure) => routeOf(failure.request).explain(error, failure),
  )
}

type GuardedHandler<P> = Handler<GuardedContext<P>> | BodyHandler<GuardedContext<P>>

function describe<C>(access: string, handler: Handler<C> | BodyHandler<C>, limits: Limits) {
  const takesBody = typeof handler !== "function"
  return { access, takesBody, limits: Object.values(limits).map(limitText) }
}

function handleOf<C>(handler: Handler<C> | BodyHandler<C>): BodyHandler<C>["handle"] {
  return typeof handler === "function" ? handler : handler.handle
}

/** The reply to a login that is not enough for a route (RFC 9470 §3), or null. */
function insufficiency(
  principal: Identity,
  { fresh = false, acr, enrols = false }: GuardOptions<unknown>,
): Reply | null {
  if (principal.mustEnrol && !enrols) return refusalReply(enrolmentRequired())
  const lacksFactor = acr === "own" ? lacksOwnFactor(principal) : principal.acr !== "aal2"
  if (acr !== undefined && lacksFactor) {
    const challenge = 'acr_values="aal2"'
    return insufficientReply("Second factor required", { reason: "missing_factor", challenge })
  }
  if (fresh === false || isFresh(principal, fresh)) return null
  // The challenge says how recent the login must be.
  const challenge = fresh === true ? null : `max_age="${fresh}"`
  return insufficientReply("Fresh token required", { reason: "not_fresh", challenge })
}

/** Whether a user has a second factor, and the login is not one with it. */
export function lacksOwnFactor({ hasFactor, acr }: Pick<Identity, "hasFactor" | "acr">): boolean {
  return hasFactor && acr !== "aal2"
}

function refuseMachines(): never {
  throw serviceTokenRefused()
}

function isFresh(principal: Identity, fresh: true | number): boolean {
  if (fresh === true) return principal.fresh
  const { secondsSinceLogin } = principal
  return secondsSinceLogin !== null && secondsSinceLogin <= fresh
}

function accessOf(options: GuardOptions<unknown>): string {
  const { optional, fresh, role, acr, enrols, machine, credentials = bearer } = options
  const name = machine === undefined ? credentials.name : `${credentials.name} or service token`
  const needs = [
    optional ? `${name} if any` : name,
    ...(fresh === true ? ["fresh"] : typeof fresh === "number" ? [`fresh ${fresh} s`] : []),
    ...(role === undefined ? [] : [`role ${role}`]),
    ...(acr === undefined ? [] : [acr === "own" ? "own factor" : acr]),
    ...(enrols ? ["even before enrolment"] : []),
  ]
  return needs.join(", ")
}
