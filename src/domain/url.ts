// Reading a URL that may be none.

/**
 * The URL of a text (WHATWG URL Standard §4.4), relative to a base if there is one; null when it
 * is none. `URL.canParse` is not used: after some thousand calls, Node 20 denies every host with a
 * letter such as ü.
 */
export function parseUrl(text: string, base?: string): URL | null {
  try {
    return new URL(text, base)
  } catch {
    return null
  }
}
