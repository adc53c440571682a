// Device tokens: given at a login, and sent along with the next, they say that this client has
// logged in to this account before. They open nothing without the password; but who has one is not
// kept out by strangers who guess at the account. The store holds nothing of them.
//
//   ptd_ + base64url( issuedAt 6 bytes, big endian · device 10 bytes · tag 20 bytes )
//   tag = the first 20 bytes of HMAC-SHA-256(key, "postern device token 1\0" · issuedAt · device ·
//         username)
//
// 36 bytes are 48 characters without a bit to spare: a token has one spelling. The key is the
// refresh tokens', whose tags have another beginning.

import { createHmac, timingSafeEqual } from "node:crypto"

/** What a device token tells. */
export interface DeviceClaim {
  /** Names the device, at random. */
  readonly device: string
  /** Epoch seconds. */
  readonly issuedAt: number
}

const prefix = "ptd_"
const form = /^ptd_[\w-]{48}$/
const label = Buffer.from("postern device token 1\0")
const instantBytes = 6
const tagBytes = 20

/** Length of a device's name in bytes. */
export const deviceNameBytes = 10

/** Makes the token of a device that has logged in. */
export function writeDeviceToken(
  { device, issuedAt }: { readonly device: Uint8Array; readonly issuedAt: number },
  username: string,
  key: Uint8Array,
): string {
  const named = Buffer.alloc(instantBytes + deviceNameBytes)
  named.writeUIntBE(issuedAt, 0, instantBytes)
  named.set(device, instantBytes)
  const tag = tagOf(named, username, key)
  return `${prefix}${Buffer.concat([named, tag]).toString("base64url")}`
}

/** Reads a device token, or gives null when it was not made with this key for this user. */
export function readDeviceToken(
  token: string,
  username: string,
  key: Uint8Array,
): DeviceClaim | null {
  if (!form.test(token)) return null
  const bytes = Buffer.from(token.slice(prefix.length), "base64url")
  const named = bytes.subarray(0, instantBytes + deviceNameBytes)
  if (!timingSafeEqual(bytes.subarray(named.byteLength), tagOf(named, username, key))) return null
  const device = named.subarray(instantBytes).toString("base64url")
  return { device, issuedAt: named.readUIntBE(0, instantBytes) }
}

function tagOf(named: Uint8Array, username: string, key: Uint8Array): Buffer {
  const hmac = createHmac("sha256", key).update(label).update(named).update(username)
  return hmac.digest().subarray(0, tagBytes)
}
