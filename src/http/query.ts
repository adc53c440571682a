// Reads the query of an address (RFC 3986 §3.4) as names and values, as links of pages have it. A
// `+` stands for itself: addresses are among the values.

import type { RequestHead } from "./message.ts"

/**
 * These values of a request's query. One that is missing, malformed or there twice is empty. Other
 * names are ignored.
 */
export function readQuery<N extends string>(
  { query }: Pick<RequestHead, "query">,
  names: readonly N[],
): Readonly<Record<N, string>> {
  const pairs = query.split("&").map((pair) => {
    const mark = pair.indexOf("=")
    return mark === -1 ? [pair, ""] : [pair.slice(0, mark), pair.slice(mark + 1)]
  })
  const entries = names.map((name) => {
    const [found, ...more] = pairs.filter(([key]) => key === name)
    return [name, found === undefined || more.length > 0 ? "" : decode(found[1] ?? "")]
  })
  return Object.fromEntries(entries) as Record<N, string>
}

/** A text as a value of a query. What addresses consist of stays readable, and short. */
export function queryValue(text: string): string {
  return encodeURIComponent(text).replace(/%(?:2F|3A|3F|3D|40|2C|3B|24)/g, decodeURIComponent)
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return ""
  }
}
