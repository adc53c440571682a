// Where a browser may be sent: an address of a listed host, over https. Everything that comes from
// a request and may become a `Location` goes through here, so no link can lead a person who has
// just logged in to somebody else's site (CWE-601). Pure.

import { type FindHost, type FoundHost, readHost } from "./access_rule.ts"

/** An address of a protected host. */
export interface Destination {
  readonly host: FoundHost
  /** Made of `https://`, the listed host, and the path. */
  readonly url: string
}

/** A longer address is refused. */
export const destinationLengthMax = 2000

/** Host, path and query. No user, and no fragment: neither is ever sent to a server. */
const address = /^https:\/\/([^/?]+)(.*)$/is
/** What a path and a query consist of, without any character that a browser would change. */
const plain = /^\/[\x21-\x7e]*$/
/** Where a protected host takes a browser's ticket. */
export const entryPath = "/.postern/in"
const ownPath = /^\/\.postern(?:\/|$)/
/** Segments that a browser resolves: the path that it asks for would be another one. */
const dots = /\/(?:\.|%2e){1,2}(?:\/|$)/i

/**
 * Reads an address. Null unless it is https and of a listed host. A path that programs read in
 * different ways becomes `/`.
 */
export function readDestination(text: string, findHost: FindHost): Destination | null {
  if (text.length > destinationLengthMax) return null
  const [, authority = "", rest = ""] = address.exec(text) ?? []
  const named = readHost(authority)
  const host = named === null ? null : findHost(named)
  return host === null ? null : { host, url: `${host.origin}${safePath(rest)}` }
}

/** A path with its query, or `/`. */
export function safePath(text: string): string {
  const path = text.startsWith("?") ? `/${text}` : text
  const isSafe = plain.test(path) && !/[\\#]/.test(path) && !path.startsWith("//")
  const start = pathOf(path)
  return isSafe && !isOwnPath(start) && !dots.test(start) ? path : "/"
}

/**
 * Whether a path is the hand-over's. No app sees it, and a browser that is sent there comes back
 * here.
 */
export function isOwnPath(path: string): boolean {
  return ownPath.test(path)
}

/** The part of a target before the `?`. */
export function pathOf(target: string): string {
  return target.split("?", 1)[0] ?? ""
}
