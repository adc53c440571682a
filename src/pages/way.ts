// The way that a person is on while they log in: to a page of a protected host, to one of our own
// pages, or just to the account. It is carried along in addresses and hidden fields, and read again
// at each step.

import type { FindHost } from "../domain/access_rule.ts"
import { type Destination, readDestination } from "../domain/destination.ts"
import { AuthError } from "../errors.ts"
import type { RequestHead } from "../http/message.ts"
import { queryValue, readQuery } from "../http/query.ts"
import { isSameOrigin } from "../http/same_origin.ts"

/** Our own pages that a way can lead over. */
const places = { totp: "/account/totp", passkeys: "/account/passkeys" } as const

/** One of them. */
export type OwnPlace = keyof typeof places

/** Where a person is going. */
export interface Way {
  /** Null for the account. */
  readonly to: Destination | null
  /** The hash of the state cookie that the destination's host has set; null without one. */
  readonly state: string | null
  /** How often the hand-over to the destination failed before. */
  readonly attempt: number
  /** One of our own pages, which comes first; null for none. */
  readonly place: OwnPlace | null
}

/** The names under which a way is carried. */
export const wayNames = ["to", "st", "n", "at"] as const

/** The values of a way as text; one that is missing or empty is none. */
type WayText = Readonly<Partial<Record<(typeof wayNames)[number], string>>>

/** A target of a request may be so long (http/node/head.ts). */
const targetLengthMax = 2048

const stateForm = /^[\w-]{43}$/

/** The way without a destination. */
export const noWay: Way = { to: null, state: null, attempt: 0, place: null }

/** Reads a way. Null when it leads to an address that is not listed. */
export function readWay(
  { to = "", st = "", n = "", at = "" }: WayText,
  findHost: FindHost,
): Way | null {
  const place = isPlace(at) ? at : null
  if (to === "") return place === null ? noWay : { ...noWay, place }
  const destination = readDestination(to, findHost)
  if (destination === null) return null
  const attempt = /^\d$/.test(n) ? Number(n) : 0
  return { to: destination, state: stateForm.test(st) ? st : null, attempt, place }
}

/** Reads a way. @throws AuthError `invalid_request` for an address that is not listed */
export function requireWay(text: WayText, { findHost }: { readonly findHost: FindHost }): Way {
  const way = readWay(text, findHost)
  if (way !== null) return way
  const message = "This address is not one of a protected host"
  throw new AuthError("invalid_request", message, { reason: "unlisted_host" })
}

function isPlace(text: string): text is OwnPlace {
  return Object.hasOwn(places, text)
}

/** The page of ours that a way leads over, with the rest of the way; null for none. */
export function placeOf(way: Way): string | null {
  return way.place === null ? null : pathOver(way.place, way)
}

/** A page of ours, with the rest of a way that leads over it. */
export function pathOver(place: OwnPlace, way: Way): string {
  return pathOf(places[place], { ...way, place: null })
}

/**
 * The word in an address by which a page says what happened; null for none. Only after one of our
 * own pages: a link must not make the page say what never happened.
 */
export function readNews<W extends string>(
  head: RequestHead,
  { name, words }: { readonly name: string; readonly words: readonly W[] },
  { origin }: { readonly origin: string },
): W | null {
  const sent = readQuery(head, [name])[name]
  return isSameOrigin(head, origin) ? (words.find((word) => word === sent) ?? null) : null
}

/** A way as hidden fields. */
export function wayFields({ to, state, attempt, place }: Way): Readonly<Record<string, string>> {
  const at = place === null ? {} : { at: place }
  if (to === null) return at
  const tried = attempt === 0 ? {} : { n: String(attempt) }
  return { to: to.url, ...(state === null ? {} : { st: state }), ...tried, ...at }
}

/** One of our paths, with a way and other values in its query. */
export function pathOf(
  path: string,
  way: Way,
  others: Readonly<Record<string, string>> = {},
): string {
  const whole = joined(path, { ...others, ...wayFields(way) })
  if (way.to === null || whole.length <= targetLengthMax) return whole
  // Too long to be asked for: the person comes to the host's first page.
  const to = { ...way.to, url: `${way.to.host.origin}/` }
  return joined(path, { ...others, ...wayFields({ ...way, to }) })
}

function joined(path: string, values: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(values).map(([name, value]) => `${name}=${queryValue(value)}`)
  return pairs.length === 0 ? path : `${path}?${pairs.join("&")}`
}
