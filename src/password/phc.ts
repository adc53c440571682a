// The text of a password hash, in the PHC string format:
//
//   $argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>

const argon2id =
  /^\$argon2id\$v=19\$m=(?<memory>\d{1,7}),t=(?<passes>\d{1,3}),p=(?<lanes>\d{1,2})\$[A-Za-z0-9+/]{22,86}\$[A-Za-z0-9+/]{42,86}$/

/** What a password hash costs to compute. */
export interface HashParameters {
  readonly memoryKib: number
  readonly passes: number
}

/** OWASP's minimum for Argon2id with one lane (Password Storage Cheat Sheet). */
export const hashParametersMin: HashParameters = { memoryKib: 19_456, passes: 2 }

/** Whether a text is a hash that this service can verify. */
export function isPasswordHash(text: string): boolean {
  return argon2id.test(text)
}

/** The parameters of a hash, or null when this service can't verify it. */
export function readHashParameters(hash: string): HashParameters | null {
  const groups = argon2id.exec(hash)?.groups
  if (groups === undefined) return null
  return { memoryKib: Number(groups["memory"]), passes: Number(groups["passes"]) }
}

/** The text of a hash. */
export function encodePasswordHash(
  { memoryKib, passes }: HashParameters,
  { salt, hash }: { readonly salt: Uint8Array; readonly hash: Uint8Array },
): string {
  const [saltText, hashText] = [salt, hash].map((bytes) =>
    Buffer.from(bytes).toString("base64").replace(/=+$/, ""),
  )
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=1$${saltText}$${hashText}`
}
