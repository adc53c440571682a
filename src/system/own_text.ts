// A substring keeps the whole string in memory (V8's sliced strings): 200 characters of a header
// keep 16 KiB. Copy a substring that is kept for long.

/** A copy of a text of Latin-1 characters. */
export function ownText(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1")
}
