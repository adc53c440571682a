// Device tokens: given at a login and sent with the next one, they prove that this client has
// logged in to this account before. Strangers who guess passwords can't lock out a client that has
// one. A device token opens nothing without the password, and the store keeps nothing of it.
//
//   ptd_ + base64url( issuedAt 6 bytes, big endian · device 10 bytes · tag 20 bytes )
//   tag = the first 20 bytes of HMAC-SHA-256(key, "postern device token 1\0" · issuedAt · device ·
//         username)
//
// 36 bytes are exactly 48 characters, so a token has one spelling. The key is that of refresh
// tokens, under another label.

import { createHmac, timingSafeEqual } from "node:crypto"

interface DeviceTokenContent {
  /** A random name of the device. */
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

/** Whether a text has the form of a token. */
export function isDeviceToken(text: string): boolean {
  return form.test(text)
}

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
): DeviceTokenContent | null {
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
