// Checks whether a text can be a password, and normalizes it for comparing.

/** Longer passwords are refused, never cut (NIST SP 800-63B-4 §3.1.1.2). */
export const passwordBytesMax = 1024

/** Whether a text can be a password: of bounded length, without NUL, and valid Unicode. */
export function isPossiblePassword(text: string): boolean {
  // The length comes first: normalizing long text is slow.
  if (text.length > passwordBytesMax || Buffer.byteLength(text) > passwordBytesMax) return false
  return text.length > 0 && text.isWellFormed() && !text.includes("\0")
}

/** NFC only: two encodings of one letter are the same, but `A` and `a` differ. */
export function normalizePassword(text: string): string {
  return text.normalize("NFC")
}
