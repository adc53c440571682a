// The sum that ends a JSON object in the store's files: the CRC-32, in hexadecimal, of every byte
// before it.
//
//   {"sequence":42,"changes":[…],"sum":"5fb2d8a1"}
//
// The sum shows damage. It does not protect against a person who may write the file.

import { crc32 } from "node:zlib"

/** The end of an object whose text before it has this CRC-32. */
export function sumText(sum: number): string {
  return `,"sum":"${sum.toString(16).padStart(8, "0")}"}`
}

const sumLength = sumText(0).length

/** The text before an object's sum, or null when the sum does not fit the text. */
export function bodyBeforeSum(object: Buffer): Buffer | null {
  const body = object.subarray(0, Math.max(0, object.byteLength - sumLength))
  const end = object.subarray(body.byteLength).toString("latin1")
  return end === sumText(crc32(body)) ? body : null
}
