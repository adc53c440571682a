// Reads PHC strings: `$<id>$<name>=<number>,…$<salt>$<hash>`, with base64 without padding. Numbers
// and base64 have one spelling each, so that a hash has one text.
// (https://github.com/P-H-C/phc-string-format)

import { timingSafeEqual } from "node:crypto"
import { unpadded } from "../phc.ts"

/** The parts of a PHC string. */
export interface PhcText {
  readonly numbers: readonly number[]
  readonly salt: Buffer
  readonly hash: Buffer
}

/** A shorter hash would be matched by chance. */
const hashBytesMin = 16
const hashBytesMax = 64
const saltBytesMax = 64
const number = /^(?:0|[1-9]\d{0,9})$/

/**
 * Reads the part of a PHC string that follows its prefix. Its parameters must be exactly `names`,
 * in their order.
 */
export function readPhcText(rest: string, names: readonly string[]): PhcText | null {
  const [parameters = "", saltText = "", hashText = "", ...more] = rest.split("$")
  const given = parameters.split(",").map((parameter) => parameter.split("="))
  const isNamed = given.length === names.length && given.every(([name], at) => name === names[at])
  if (!isNamed || more.length > 0) return null
  if (!given.every((parts) => parts.length === 2 && number.test(parts[1] ?? ""))) return null
  const [salt, hash] = [readUnpadded(saltText), readUnpadded(hashText)]
  if (salt === null || hash === null || !isOfGoodLength(salt, hash)) return null
  return { numbers: given.map(([, value]) => Number(value)), salt, hash }
}

/** Writes the part of a PHC string that follows its prefix. */
export function writePhcText(
  parameters: Readonly<Record<string, number>>,
  { salt, hash }: Pick<PhcText, "salt" | "hash">,
): string {
  const given = Object.entries(parameters).map(([name, value]) => `${name}=${value}`)
  return `${given.join(",")}$${unpadded(salt)}$${unpadded(hash)}`
}

/** Whether two secrets are the same; how far they agree does not show in the time. */
export function isSame(found: Uint8Array, expected: Uint8Array): boolean {
  return found.byteLength === expected.byteLength && timingSafeEqual(found, expected)
}

/** Bytes of base64 without padding, or null for any other spelling. */
export function readUnpadded(text: string): Buffer | null {
  const bytes = Buffer.from(text, "base64")
  return unpadded(bytes) === text ? bytes : null
}

function isOfGoodLength(salt: Buffer, hash: Buffer): boolean {
  const isSalt = salt.byteLength > 0 && salt.byteLength <= saltBytesMax
  return isSalt && hash.byteLength >= hashBytesMin && hash.byteLength <= hashBytesMax
}
