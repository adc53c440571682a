// Writes CBOR (RFC 8949): as much of it as authenticators need, in the canonical form of CTAP2 if
// the members of maps are given in its order.

/** What can be written. */
export type CborValue = number | string | boolean | Uint8Array | readonly CborValue[] | CborMap

/** A map. Its members are written in the order in which they were added. */
export interface CborMap extends ReadonlyMap<number | string, CborValue> {}

/** The bytes of a value. */
export function cborOf(value: CborValue): Buffer {
  if (typeof value === "number") return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === "boolean") return Buffer.of(value ? 0xf5 : 0xf4)
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.byteLength), value])
  if (typeof value === "string") {
    return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  }
  if (value instanceof Map) {
    return Buffer.concat([head(5, value.size), ...[...value].flat().map(cborOf)])
  }
  const items = value as readonly CborValue[]
  return Buffer.concat([head(4, items.length), ...items.map(cborOf)])
}

// The length or the number is in the first byte, or in one or two bytes after it.
function head(type: number, argument: number): Buffer {
  const first = type << 5
  if (argument < 24) return Buffer.of(first | argument)
  if (argument < 0x100) return Buffer.of(first | 24, argument)
  return Buffer.of(first | 25, argument >> 8, argument & 0xff)
}
