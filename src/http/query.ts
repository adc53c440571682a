// Reads the query of an address (RFC 3986 §3.4) as names and values, as links of pages have it. A
// `+` stands for itself: addresses are among the values.

import { AuthError } from "../errors.ts"
import type { RequestHead } from "./message.ts"

/**
 * These values of a request's query. One that is missing, malformed or there twice is empty. Other
 * names are ignored.
 */
export function readQuery<N extends string>(
  { query }: Pick<RequestHead, "query">,
  names: readonly N[],
): Readonly<Record<N, string>> {
  const pairs = pairsOf(query)
  const entries = names.map((name) => {
    const [found, ...more] = pairs.filter(([key]) => key === name)
    return [name, found === undefined || more.length > 0 ? "" : decode(found[1] ?? "")]
  })
  return Object.fromEntries(entries) as Record<N, string>
}

/**
 * The same for an API, where a mistyped name must not go unnoticed. One that is missing is empty.
 * @throws AuthError `invalid_request` for one that is malformed or there twice, and for other names
 */
export function requireQuery<N extends string>(
  { query }: Pick<RequestHead, "query">,
  names: readonly N[],
): Readonly<Record<N, string>> {
  const pairs = pairsOf(query).filter(([name, value]) => name !== "" || value !== "")
  const seen = pairs.map(([name]) => name)
  const isWrong = ([name, value]: readonly [string, string]) =>
    !(names as readonly string[]).includes(name) || isMalformed(value)
  if (pairs.some(isWrong) || new Set(seen).size < seen.length) {
    const message = `The query may have ${names.join(", ")}: each once, percent-encoded`
    throw new AuthError("invalid_request", message)
  }
  return readQuery({ query }, names)
}

/** A text as a value of a query. What addresses consist of stays readable, and short. */
export function queryValue(text: string): string {
  return encodeURIComponent(text).replace(/%(?:2F|3A|3F|3D|40|2C|3B|24)/g, decodeURIComponent)
}

function pairsOf(query: string): readonly (readonly [name: string, value: string])[] {
  return query.split("&").map((pair) => {
    const mark = pair.indexOf("=")
    return mark === -1 ? [pair, ""] : [pair.slice(0, mark), pair.slice(mark + 1)]
  })
}

function isMalformed(value: string): boolean {
  return value !== "" && decode(value) === ""
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return ""
  }
}
