// The way that a person is on while they log in: to a page of a protected host, or just to the
// account. It is carried along in addresses and hidden fields, and read again at each step.

import type { FindHost } from "../domain/access_rule.ts"
import { type Destination, readDestination } from "../domain/destination.ts"
import { queryValue } from "../http/query.ts"

/** Where a person is going. */
export interface Way {
  /** Null for the account. */
  readonly to: Destination | null
  /** The hash of the state cookie that the destination's host has set; null without one. */
  readonly state: string | null
  /** How often the hand-over to the destination failed before. */
  readonly attempt: number
}

/** The names under which a way is carried. */
export const wayNames = ["to", "st", "n"] as const

/** The values of a way as text; one that is missing or empty is none. */
export type WayText = Readonly<Partial<Record<(typeof wayNames)[number], string>>>

/** A target of a request may be so long (http/node/head.ts). */
const targetLengthMax = 2048

const stateForm = /^[\w-]{43}$/

/** The way without a destination. */
export const noWay: Way = { to: null, state: null, attempt: 0 }

/** Reads a way. Null when it leads to an address that is not listed. */
export function readWay({ to = "", st = "", n = "" }: WayText, findHost: FindHost): Way | null {
  if (to === "") return noWay
  const destination = readDestination(to, findHost)
  if (destination === null) return null
  const attempt = /^\d$/.test(n) ? Number(n) : 0
  return { to: destination, state: stateForm.test(st) ? st : null, attempt }
}

/** A way as hidden fields. */
export function wayFields({ to, state, attempt }: Way): Readonly<Record<string, string>> {
  if (to === null) return {}
  const tried = attempt === 0 ? {} : { n: String(attempt) }
  return { to: to.url, ...(state === null ? {} : { st: state }), ...tried }
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
