// Who may go where: the lines of POSTERN_PROTECT as data, and how they judge a request. The lines
// are read in config/protect.ts. Pure.
//
// Every word of a line narrows what the line allows, but `open` and `preflight`, which let requests
// through without a login. Those two are judged by the spelling of the request alone, so they take
// only spellings that every proxy and every app reads in one way.

import type { AssuranceLevel } from "./session.ts"
import type { User } from "./user.ts"

/** The words of a line. */
export interface AccessRule {
  /** Paths that need no login: each a prefix that ends at a segment. */
  readonly open: readonly string[]
  /** Whether CORS preflights need no login. */
  readonly preflight: boolean
  /** Whether people's tokens in `Authorization: Bearer` count. */
  readonly bearer: boolean
  /** Whether service tokens count, as Bearer or as the password of Basic. */
  readonly machine: boolean
  /** The user needs one of these roles; null for no role. */
  readonly roles: readonly string[] | null
  /** The user is one of these; null for any. */
  readonly users: readonly string[] | null
  /** The login was at most this long ago; null for any time. */
  readonly freshSeconds: number | null
  /** Whether the login needs a second factor, or a passkey. */
  readonly mfa: boolean
}

/** A login, as rules judge it. */
export interface JudgedLogin extends Pick<User, "username" | "roles"> {
  readonly secondsSinceLogin: number | null
  readonly acr: AssuranceLevel
  /** Whether the user has to set up a second factor before anything else. */
  readonly mustEnrol: boolean
}

/** Why a rule does not let a login in. */
export type AccessRefusal = "other_user" | "missing_role" | LoginRefusal

/** Why, where another login of the same user could help. */
type LoginRefusal = "not_enrolled" | "missing_factor" | "not_fresh"

/** A host, of all its lines: they differ by port only. */
export interface ProtectedHost {
  /** A name as A-labels in lower case, without a last dot; or `*.` and a name. */
  readonly name: string
  /** The ports under which browsers reach the host. */
  readonly ports: readonly number[]
  readonly rule: AccessRule
}

/** The host of a request, as one of the listed ones. */
export interface FoundHost {
  /** Without the port: cookies ignore it. */
  readonly name: string
  /** `https://name`, with the port where that is not 443. */
  readonly origin: string
  readonly rule: AccessRule
}

/** A name and a port, as a Host header or an address has them. */
export interface HostAndPort {
  readonly name: string
  readonly port: number
}

/** Finds the line of a host. Null for a host that is not listed. */
export type FindHost = (host: HostAndPort) => FoundHost | null

/** The port of https, which addresses and Host headers leave out. */
export const httpsPort = 443

// With the flag i, since `toLowerCase` makes ASCII of some other letters.
const hostAndPort = /^([a-z0-9_](?:[a-z0-9_.-]{0,252}[a-z0-9_])?)\.?(?::(\d{1,5}))?$/i
/** What every proxy and every app reads alike. */
const plainPath = /^\/[A-Za-z0-9_~./-]*$/

/**
 * Reads `name` or `name:port`. Null for anything else, such as an IPv6 address.
 * @param standardPort the port where none is written
 */
export function readHost(text: string, standardPort = httpsPort): HostAndPort | null {
  const [, name, port] = hostAndPort.exec(text) ?? []
  if (name === undefined || name.includes("..")) return null
  return { name: name.toLowerCase(), port: port === undefined ? standardPort : Number(port) }
}

/**
 * Makes the function that finds a host's line: that of the very name, or else that of `*.` and the
 * name without its first label. The host of the login page is never found.
 */
export function createFindHost(hosts: readonly ProtectedHost[], loginHost: string): FindHost {
  const findLine = createFindLine(hosts, loginHost)
  return ({ name, port }) => {
    const found = findLine(name)
    if (found === undefined || !found.ports.includes(port)) return null
    return { name, origin: originOf({ name, port }), rule: found.rule }
  }
}

/** Makes the function that says whether a `Host` header names a listed host, on any port. */
export function createIsProtected(
  hosts: readonly ProtectedHost[],
  loginHost: string,
): (host: string) => boolean {
  const findLine = createFindLine(hosts, loginHost)
  return (host) => findLine(readHost(host)?.name ?? "") !== undefined
}

function createFindLine(hosts: readonly ProtectedHost[], loginHost: string) {
  const byName = new Map(hosts.map((host) => [host.name, host]))
  return (name: string): ProtectedHost | undefined => {
    if (name === loginHost) return undefined
    return byName.get(name) ?? byName.get(name.replace(/^[^.]+/, "*"))
  }
}

/** `https://name`, with the port where that is not 443. */
export function originOf({ name, port }: HostAndPort): string {
  return `https://${name}${port === httpsPort ? "" : `:${port}`}`
}

/** Whether a path, or the path of an `open` word, has only one reading. */
export function isPlainPath(path: string): boolean {
  if (!plainPath.test(path)) return false
  const [last = "", ...others] = path.slice(1).split("/").reverse()
  return !isDots(last) && !others.some((segment) => segment === "" || isDots(segment))
}

/** Whether a request needs no login. `path` is the part of the target before the `?`. */
export function isOpen(
  { open }: AccessRule,
  { method, path }: { readonly method: string; readonly path: string },
): boolean {
  if (open.length === 0 || (method !== "GET" && method !== "HEAD")) return false
  return isPlainPath(path) && open.some((prefix) => isBelow(path, prefix))
}

/** Whether a request is a CORS preflight that needs no login (Fetch standard, "CORS-preflight"). */
export function isOpenPreflight(
  { preflight }: AccessRule,
  { method, headers }: { readonly method: string; readonly headers: ReadonlyMap<string, string> },
): boolean {
  const isPreflight = method === "OPTIONS" && headers.has("origin")
  return preflight && isPreflight && headers.has("access-control-request-method")
}

/** Whether a rule lets a user in, however long ago the login was. */
export function admits(
  { roles, users }: AccessRule,
  user: Pick<User, "username" | "roles">,
): boolean {
  if (users !== null && !users.includes(user.username)) return false
  return roles === null || roles.some((role) => user.roles.includes(role))
}

/** Why a rule does not let a login in, or null. */
export function refusalOf(rule: AccessRule, login: JudgedLogin): AccessRefusal | null {
  const { users, freshSeconds, mfa } = rule
  const { secondsSinceLogin, acr } = login
  if (login.mustEnrol) return "not_enrolled"
  if (!admits(rule, login)) {
    return users?.includes(login.username) === false ? "other_user" : "missing_role"
  }
  if (mfa && acr !== "aal2") return "missing_factor"
  const isFresh =
    freshSeconds === null || (secondsSinceLogin !== null && secondsSinceLogin <= freshSeconds)
  return isFresh ? null : "not_fresh"
}

/** Whether another login of the same user could help. */
export function isLoginRefusal(reason: AccessRefusal): reason is LoginRefusal {
  return reason !== "other_user" && reason !== "missing_role"
}

function isDots(segment: string): boolean {
  return segment === "." || segment === ".."
}

/** Whether a path is a prefix, or goes on below it: `/public` has `/public/a`, not `/publicx`. */
function isBelow(path: string, prefix: string): boolean {
  if (path === prefix) return true
  return path.startsWith(prefix.endsWith("/") ? prefix : `${prefix}/`)
}
