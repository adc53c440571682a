// Base32 without padding (RFC 4648 §6), for what people type.

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
const bitsPerLetter = 5

/** Bytes as Base32. */
export function toBase32(bytes: Uint8Array): string {
  let text = ""
  let waiting = 0
  let bits = 0
  for (const byte of bytes) {
    waiting = (waiting << 8) | byte
    bits += 8
    while (bits >= bitsPerLetter) {
      bits -= bitsPerLetter
      text += alphabet[(waiting >>> bits) & 31]
    }
    waiting &= (1 << bits) - 1
  }
  return bits === 0 ? text : text + alphabet[(waiting << (bitsPerLetter - bits)) & 31]
}
