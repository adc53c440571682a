// Tokens that are wrong before anybody reads what they say: no signature, a changed one, another
// spelling, another serialization, too long. For both profiles.

import { type Forge, segment, segments, signatureOf, withSignature } from "../support/forge.ts"
import { respellingVectors } from "./respelling_vectors.ts"
import { accepted, each, refused, refusedForged, type Vector } from "./vector.ts"

const spellingsOfNone = [
  "none",
  "None",
  "NONE",
  "nOnE",
  "none ",
  " none",
  "none\0",
  "\uff4e\uff4f\uff4e\uff45",
  "",
  "null",
]

const unsigned: Vector[] = [
  ...each(spellingsOfNone, (alg, name) =>
    refused(`J-01 alg ${name}, no signature`, (forge) =>
      withSignature(forge.token({ header: { alg } }), ""),
    ),
  ),
  ...each(spellingsOfNone, (alg, name) =>
    refused(`J-02 alg ${name}, stale signature`, (forge) =>
      withSignature(forge.token({ header: { alg } }), signatureOf(forge.token())),
    ),
  ),
  ...each(spellingsOfNone, (alg, name) =>
    refusedForged(`J-02 alg ${name}, validly signed`, () => ({ header: { alg } })),
  ),
  ...each(spellingsOfNone, (alg, name) =>
    refused(`J-03 alg ${name}, two segments`, (forge) =>
      segments(forge.token({ header: { alg } }))
        .slice(0, 2)
        .join("."),
    ),
  ),
  refused("J-01 only typ and alg none", () => `${segment('{"alg":"none"}')}.${segment("{}")}.`),
  refused("J-05 signature removed, dot kept", (forge) => withSignature(forge.token(), "")),
  refused("J-05 signature and dot removed", (forge) =>
    segments(forge.token()).slice(0, 2).join("."),
  ),
]

const changed: Vector[] = [
  refused("J-06 payload replaced", (forge) => {
    const [header, , signature] = segments(forge.token())
    return `${header}.${segment(forge.payloadText({ sub: "bob" }))}.${signature}`
  }),
  refused("J-06 header member added", (forge) => {
    const [, payload, signature] = segments(forge.token())
    return `${segment(forge.headerText({ cty: "x" }))}.${payload}.${signature}`
  }),
  refused("J-06 header members in another order", (forge) => {
    const [, payload, signature] = segments(forge.token())
    const { alg, typ, kid } = JSON.parse(forge.headerText())
    return `${segment(JSON.stringify({ kid, typ, alg }))}.${payload}.${signature}`
  }),
  refused("J-06 signature of another payload", (forge) =>
    withSignature(forge.token(), signatureOf(forge.token({ payload: { sub: "bob" } }))),
  ),
  refused("J-06 header and payload swapped", (forge) => {
    const [header, payload, signature] = segments(forge.token())
    return `${payload}.${header}.${signature}`
  }),
  ...[
    ["first bit flipped", flipBit(0, 0x80)],
    ["last bit flipped", flipBit(-1, 0x01)],
    ["middle bit flipped", flipBit(20, 0x10)],
    ["one byte short", (bytes: Buffer) => bytes.subarray(0, -1)],
    ["half", (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
    ["one byte", (bytes: Buffer) => bytes.subarray(0, 1)],
    ["one byte long", (bytes: Buffer) => Buffer.concat([bytes, Buffer.of(0)])],
    ["one byte long in front", (bytes: Buffer) => Buffer.concat([Buffer.of(0), bytes])],
    ["doubled", (bytes: Buffer) => Buffer.concat([bytes, bytes])],
    ["reversed", (bytes: Buffer) => Buffer.from(bytes).reverse()],
  ].map(([name, change]) => changedSignature(`J-07 ${name}`, change as SignatureChange)),
  changedSignature("J-08 all zero", (bytes) => Buffer.alloc(bytes.length)),
  changedSignature("J-08 all ones", (bytes) => Buffer.alloc(bytes.length, 0xff)),
]

const otherForms: Vector[] = [
  ...each(
    [
      "",
      ".",
      "..",
      "...",
      "....",
      "a.b",
      "a",
      "a.b.c.d",
      "a.b.c",
      "eyJhbGciOiJub25lIn0..",
      "\u00e9.\u00e9.\u00e9",
    ],
    (text, name) => refused(`J-41 ${name}`, () => text),
  ),
  refused("J-41 only the header", (forge) => segments(forge.token())[0]),
  refused("J-41 a fourth segment", (forge) => `${forge.token()}.${segment("{}")}`),
  refused("J-41 a trailing dot", (forge) => `${forge.token()}.`),
  refused("J-41 a leading dot", (forge) => `.${forge.token()}`),
  refused("J-41 an empty payload", (forge) => forge.token({ payload: "" })),
  refused("J-41 an empty header", (forge) => forge.token({ header: "" })),
  refused("J-41 detached payload", (forge) => {
    const [header, , signature] = segments(forge.token())
    return `${header}..${signature}`
  }),
  refused("J-42 flattened serialization", (forge) => JSON.stringify(flattened(forge))),
  refused("J-42 general serialization", (forge) => {
    const { payload, protected: header, signature } = flattened(forge)
    return JSON.stringify({ payload, signatures: [{ protected: header, signature }] })
  }),
  refused("J-42 polyglot of compact and JSON", (forge) => {
    const [header, payload, signature] = segments(forge.token())
    const evil = segment(forge.payloadText({ sub: "bob" }))
    return `{"${header}.${evil}.":1,"protected":"${header}","payload":"${payload}","signature":"${signature}"}`
  }),
  refused(
    "J-44 JWE, five segments",
    () => `${segment('{"alg":"dir","enc":"A256GCM"}')}..AAAA.AAAA.AA`,
  ),
  refused("J-44 JWE around an unsigned token", () => {
    const inner = `${segment('{"alg":"none"}')}.${segment('{"sub":"admin"}')}.`
    return `${segment('{"alg":"RSA-OAEP","enc":"A256GCM","cty":"JWT"}')}.AAAA.AAAA.${segment(inner)}.AAAA`
  }),
  refused("J-44 PBES2 with two thousand million rounds", () => {
    const header = '{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483647,"p2s":"AAAA"}'
    return `${segment(header)}.AAAA.AAAA.AAAA.AAAA`
  }),
  refused("T-16 a token in a token", (forge) => forge.token({ payload: forge.token() })),
]

const long: Vector[] = [
  accepted("T-06 the longest of at most 4096 characters", (forge) => longestWithin(forge, 4096)),
  refused("T-06 the shortest of more than 4096 characters", (forge) => shortestAbove(forge, 4096)),
  refused("J-43 8 KiB, validly signed", (forge) => longestWithin(forge, 8192)),
  refused("J-43 15 KiB, validly signed", (forge) => longestWithin(forge, 15 * 1024)),
  refused("J-43 12,000 dots", () => ".".repeat(12_000)),
  refused("J-43 12,000 letters", () => "a".repeat(12_000)),
  refused("J-43 4096 letters", () => "a".repeat(4096)),
  refused("J-43 4096 dots", () => ".".repeat(4096)),
]

/** Vectors for any deployment. */
export const formVectors: readonly Vector[] = [
  accepted("a good token", (forge) => forge.token()),
  ...unsigned,
  ...changed,
  ...respellingVectors,
  ...otherForms,
  ...long,
]

type SignatureChange = (bytes: Buffer) => Uint8Array

function changedSignature(id: string, change: SignatureChange): Vector {
  return refused(id, (forge) => {
    const token = forge.token()
    return withSignature(token, change(signatureOf(token)))
  })
}

function flipBit(index: number, bit: number): SignatureChange {
  return (bytes) => {
    const copy = Buffer.from(bytes)
    const at = index < 0 ? copy.length + index : index
    copy.writeUInt8(copy.readUInt8(at) ^ bit, at)
    return copy
  }
}

function flattened(forge: Forge) {
  const [header, payload, signature] = segments(forge.token())
  return { protected: header, payload, signature }
}

/** Validly signed tokens of about that length, the shorter first. */
function tokensAround(forge: Forge, length: number): string[] {
  const shortest = forge.token({ payload: { x: "" } }).length
  const filled = Math.floor(((length - shortest) * 3) / 4)
  return [-2, -1, 0, 1, 2].map((more) => forge.token({ payload: { x: "x".repeat(filled + more) } }))
}

function longestWithin(forge: Forge, length: number): string {
  return tokensAround(forge, length).findLast((token) => token.length <= length) ?? ""
}

function shortestAbove(forge: Forge, length: number): string {
  return tokensAround(forge, length).find((token) => token.length > length) ?? ""
}
