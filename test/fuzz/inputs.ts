// What properties are tried with: texts and bytes of every kind, and good ones that were changed a
// little, which reach further than noise.

import fc from "fast-check"

/** Bytes. */
export const anyBytes: fc.Arbitrary<Buffer> = fc
  .uint8Array({ maxLength: 400 })
  .map((bytes) => Buffer.from(bytes))

/** Texts of UTF-16 units, halves of pairs among them, mostly of the characters that matter. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string(),
  fc.string({ unit: "grapheme" }),
  fc.string({
    unit: fc.oneof(
      fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
      fc.constantFrom(..."\0\t\n\r\u007f\u00e9e\u0301\u200b\u202e\u2028\u212a\ufb01\uff21\ufeff"),
    ),
  }),
)

/** Any JSON value, and those that confuse. */
export const anyJson: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(null, "", 0, -1, Number.MAX_VALUE, "__proto__", [], {}, [[]], {
    $ne: null,
  }),
  anyText,
)

/** One change of some bytes. */
export interface Edit {
  readonly kind: "flip" | "insert" | "replace" | "remove" | "repeat" | "cut"
  /** Wrapped around at the end. */
  readonly at: number
  readonly length: number
  readonly bytes: Buffer
}

/** Edits that insert and replace with bytes, and with these texts. */
export function edits(texts: readonly string[] = []): fc.Arbitrary<readonly Edit[]> {
  const known = texts.map((text) => Buffer.from(text, "latin1"))
  const short = fc.uint8Array({ minLength: 1, maxLength: 8 }).map((bytes) => Buffer.from(bytes))
  const edit = fc.record<Edit>({
    kind: fc.constantFrom("flip", "insert", "replace", "remove", "repeat", "cut"),
    at: fc.nat(),
    length: fc.integer({ min: 1, max: 40 }),
    bytes: known.length === 0 ? short : fc.oneof(short, fc.constantFrom(...known)),
  })
  return fc.array(edit, { minLength: 1, maxLength: 4 })
}

/** The bytes after these edits, one after the other. */
export function edited(bytes: Uint8Array, changes: readonly Edit[]): Buffer {
  return changes.reduce<Buffer>((before, edit) => editedOnce(before, edit), Buffer.from(bytes))
}

/** A text after these edits of its Latin-1 bytes. */
export function editedText(text: string, changes: readonly Edit[]): string {
  return edited(Buffer.from(text, "latin1"), changes).toString("latin1")
}

function editedOnce(before: Buffer, { kind, at, length, bytes }: Edit): Buffer {
  const place = at % (before.byteLength + 1)
  const head = before.subarray(0, place)
  const found = before.subarray(place, place + length)
  const rest = before.subarray(place + length)
  switch (kind) {
    case "flip": {
      const flipped = Buffer.from(before)
      if (place < flipped.byteLength) flipped[place] = Number(before[place]) ^ (1 << (length % 8))
      return flipped
    }
    case "insert":
      return Buffer.concat([head, bytes, found, rest])
    case "replace":
      return Buffer.concat([head, bytes, before.subarray(place + bytes.byteLength)])
    case "remove":
      return Buffer.concat([head, rest])
    case "repeat":
      return Buffer.concat([head, found, found, rest])
    case "cut":
      return Buffer.from(head)
  }
}
