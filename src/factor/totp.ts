// Codes of authenticator apps (RFC 6238): SHA-1, six digits, a new code every 30 seconds. These are
// what every app takes; many ignore other choices.

import { createHmac, timingSafeEqual } from "node:crypto"
import { totpStepSeconds, totpStepsAround } from "../domain/factors.ts"
import { toBase32 } from "./base32.ts"

/** Length of a secret in bytes: that of SHA-1 (RFC 4226 §4). */
export const totpSecretBytes = 20

const digits = 6

/** The time step of an instant. */
export function stepAt(now: number): number {
  return Math.floor(now / totpStepSeconds)
}

/** The code of a step. */
export function codeOf(secret: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac("sha1", secret).update(counter).digest()
  // Dynamic truncation (RFC 4226 §5.3).
  const offset = mac.readUInt8(mac.byteLength - 1) & 0xf
  const number = mac.readUInt32BE(offset) & 0x7fff_ffff
  return String(number % 10 ** digits).padStart(digits, "0")
}

/**
 * The step near an instant that has this code, the latest of several. Null when none has it. All
 * are compared, so the time does not tell which.
 */
export function findStep(secret: Uint8Array, code: string, now: number): number | null {
  const given = Buffer.from(code)
  if (given.byteLength !== digits) return null
  let found: number | null = null
  const present = stepAt(now)
  for (let step = present - totpStepsAround; step <= present + totpStepsAround; step += 1) {
    if (step >= 0 && timingSafeEqual(given, Buffer.from(codeOf(secret, step)))) found = step
  }
  return found
}

/**
 * The address that an app reads from a QR code ("Key Uri Format" of Google Authenticator). The
 * defaults of the format are left out.
 */
export function totpUri(
  secret: Uint8Array,
  { issuer, username }: { readonly issuer: string; readonly username: string },
): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(username)}`
  return `otpauth://totp/${label}?secret=${toBase32(secret)}&issuer=${encodeURIComponent(issuer)}`
}
