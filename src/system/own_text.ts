// Text that is kept for long, apart from what it was cut from. A part of a string keeps all of that
// string in memory (V8: sliced strings): 200 characters of a header keep 16 KiB.

/** The same text, of Latin-1 characters, without what it was cut from. */
export function ownText(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1")
}
