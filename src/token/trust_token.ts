// The tokens of trusted devices: given after a second factor to a client that asks for it, and sent
// with the next login of the user in the place of the factor. The store has the list of the devices
// that are trusted, so a token opens nothing when its device is not in the list any more.
//
//   ptt_ + id of the device, 22 characters + seal of (id, username), of the kind "trust"

import { isSealOf, seal } from "./seal.ts"

const form = /^ptt_([\w-]{22})([\w-]{32})$/

/** Whether a text has the form of a token. */
export function isTrustToken(text: string): boolean {
  return form.test(text)
}

/** Makes the token of a user's device. */
export function writeTrustToken(
  { id, username }: { readonly id: string; readonly username: string },
  cookieKey: Uint8Array,
): string {
  return `ptt_${id}${seal("trust", [id, username], cookieKey)}`
}

/** The id in a token, or null when the token was not made with this key for this user. */
export function readTrustToken(
  token: string,
  username: string,
  cookieKey: Uint8Array,
): string | null {
  const [, id, given] = form.exec(token) ?? []
  if (id === undefined || given === undefined) return null
  return isSealOf(given, "trust", [id, username], cookieKey) ? id : null
}
