// Headers that we would not have written, all validly signed with the real key: `alg`, `typ` and
// `kid` of other values and types, members that mean something to others, and odd JSON.

import { generateKeyPairSync } from "node:crypto"
import { type Forge, type Members, segment, signJws } from "../support/forge.ts"
import { accepted, each, refused, refusedForged, type Vector } from "./vector.ts"

const listener = "127.0.0.1:9"

const algorithms: Vector[] = [
  ...each([undefined, null, true, 0, 1, ["none"], {}, [], { alg: "none" }], (alg, name) =>
    refusedForged(`J-04 alg ${name}`, () => ({ header: { alg } })),
  ),
  refusedForged("J-04 alg as list", ({ alg }) => ({ header: { alg: [alg] } })),
  refusedForged("J-04 alg as list with none", ({ alg }) => ({ header: { alg: [alg, "none"] } })),
  refusedForged("J-16 alg in lower case", ({ alg }) => ({ header: { alg: alg.toLowerCase() } })),
  ...each([" ", "\0", "\n", "K", "-Ph"], (tail, name) =>
    refusedForged(`J-16 alg followed by ${name}`, ({ alg }) => ({ header: { alg: alg + tail } })),
  ),
  refusedForged("J-16 alg after a space", ({ alg }) => ({ header: { alg: ` ${alg}` } })),
  ...each(["ES384", "ES512", "ES256K", "HS224", "RS1", "Ed25519", "Ed448", "ML-DSA-44"], (alg) =>
    refusedForged(`J-16 real signature under ${alg}`, () => ({ header: { alg } })),
  ),
]

const keyNames: Vector[] = [
  ...each(
    [
      "../../../../dev/null",
      "/dev/null",
      "/proc/self/environ",
      "..\\..\\NUL",
      "..%2f..%2fdev%2fnull",
    ],
    (kid, name) => refusedForged(`J-20 kid ${name}`, () => ({ header: { kid } })),
  ),
  ...each(
    [
      "x' UNION SELECT 'key' -- ",
      "' OR 1=1 --",
      "$(id)",
      "`id`",
      "a|id",
      `http://${listener}/key`,
      "file:///dev/null",
    ],
    (kid, name) => refusedForged(`J-21 kid ${name}`, () => ({ header: { kid } })),
  ),
  ...each(["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"], (kid, name) =>
    refusedForged(`J-22 kid ${name}`, () => ({ header: { kid } })),
  ),
  ...each(["", "*", "\0", "\ud800", "k".repeat(2000), "undefined", "null"], (kid, name) =>
    refusedForged(`J-23 kid ${name}`, () => ({ header: { kid } })),
  ),
  ...each([null, 0, 1, true, false, [], {}, [null], 1.5], (kid, name) =>
    refusedForged(`J-24 kid ${name}`, () => ({ header: { kid } })),
  ),
  refusedForged("J-24 kid as list", ({ kid }) => ({ header: { kid: [kid ?? ""] } })),
  refusedForged("J-24 kid as object", ({ kid }) => ({ header: { kid: { kid: kid ?? "" } } })),
  refusedForged("J-23 kid of 5000 characters", () => ({ header: { kid: "k".repeat(5000) } })),
]

const types: Vector[] = [
  ...each(
    [
      undefined,
      null,
      1,
      true,
      [],
      {},
      "",
      "rt+jwt",
      "id+jwt",
      "logout+jwt",
      "dpop+jwt",
      "secevent+jwt",
      "jwt",
      "AT+JWT",
      "application/at+jwt",
      "application/jwt",
      "JOSE",
    ],
    (typ, name) => refusedForged(`J-30 typ ${name}`, () => ({ header: { typ } })),
  ),
  refusedForged("J-30 typ of the other profile", ({ profile }) => ({
    header: { typ: profile === "shared" ? "at+jwt" : "JWT" },
  })),
  ...each([" ", ";x=1", "\0", "\n"], (tail, name) =>
    refusedForged(`J-30 typ followed by ${name}`, (forge) => ({
      header: { typ: typeOf(forge) + tail },
    })),
  ),
  refusedForged("J-30 typ as list", (forge) => ({ header: { typ: [typeOf(forge)] } })),
]

const attackerKey = generateKeyPairSync("ec", { namedCurve: "P-256" })
const attackerJwk = attackerKey.publicKey.export({ format: "jwk" })
const octJwk = { kty: "oct", k: "AAAA", alg: "HS256" }

const members: readonly Members[] = [
  { jwk: attackerJwk },
  { jwk: octJwk },
  { jwk: octJwk, kid: undefined },
  ...["jku", "x5u"].flatMap((name) =>
    [
      "https://attacker.example/keys",
      `http://${listener}/keys`,
      "file:///dev/null",
      "https://login.example.org@attacker.example/keys",
      "https://login.example.org/../keys",
      "//attacker.example/keys",
    ].map((address) => ({ [name]: address })),
  ),
  { x5c: ["MIIB"] },
  { x5t: "AAAA" },
  { "x5t#S256": "AAAA" },
  { zip: "DEF" },
  { cty: "JWT" },
  { enc: "A256GCM" },
  { epk: attackerJwk },
  { p2c: 2_147_483_647 },
  { unknown: 1 },
  { ALG: "none" },
  { "": "" },
  { iss: "x" },
  { constructor: 1 },
]

const critical: readonly Members[] = [
  { crit: ["x"] },
  { crit: ["x"], x: 1 },
  { crit: [] },
  { crit: "alg" },
  { crit: [1] },
  { crit: null },
  { crit: {} },
  { crit: ["alg"] },
  { crit: ["kid"] },
  { crit: ["exp"], exp: 1 },
  { crit: ["exp", "exp"], exp: 1 },
  { crit: ["__proto__"] },
  { crit: ["b64"], b64: true },
  { crit: ["b64"], b64: false },
  { b64: false },
  { b64: true },
]

const strangeMembers: Vector[] = [
  ...each(members, (header, name) => refusedForged(`J-17…28 ${name}`, () => ({ header }))),
  ...each(critical, (header, name) => refusedForged(`J-26 ${name}`, () => ({ header }))),
  refused("J-17 embedded jwk, signed with its key", (forge) =>
    forge.token({
      header: { jwk: attackerJwk },
      signature: (input) => signJws(input, "ES256", attackerKey.privateKey),
    }),
  ),
  refused("J-17 embedded jwk without kid, signed with its key", (forge) =>
    forge.token({
      header: { alg: "ES256", kid: undefined, jwk: attackerJwk },
      signature: (input) => signJws(input, "ES256", attackerKey.privateKey),
    }),
  ),
  refused("J-27 b64 false with the payload as it is", (forge) => {
    const header = segment(forge.headerText({ crit: ["b64"], b64: false }))
    const input = `${header}.${forge.payloadText()}`
    return `${input}.${segment(signJws(input, forge.alg, forge.key))}`
  }),
  headerText("J-28 __proto__ with the members", (good) => `{"__proto__":${good}}`),
  headerText("J-28 __proto__ beside the members", (good) => addMember(good, '"__proto__":{}')),
]

const oddJson: Vector[] = [
  ...each(["[]", "[1]", '"text"', "null", "1", "true", "{}", " ", "{", "x", "\0"], (text, name) =>
    refusedForged(`J-29 ${name}`, () => ({ header: text })),
  ),
  headerText("J-29 as list", (good) => `[${good}]`),
  headerText("J-29 alg twice, none first", (good) => `{"alg":"none",${good.slice(1)}`),
  headerText("J-29 alg twice, none last", (good) => addMember(good, '"alg":"none"')),
  headerText("J-29 the same alg twice", (good, { alg }) => addMember(good, `"alg":"${alg}"`)),
  headerText("J-29 alg twice, once escaped", (good) => addMember(good, '"\\u0061lg":"none"')),
  headerText("J-29 alg escaped", (good) => good.replace('"alg"', '"\\u0061lg"')),
  headerText("J-29 typ escaped", (good) => good.replace('"typ"', '"t\\u0079p"')),
  headerText("J-29 a byte order mark", (good) => `\ufeff${good}`),
  headerText("J-29 trailing bytes", (good) => `${good}x`),
  headerText("J-29 a trailing NUL", (good) => `${good}\0`),
  headerText("J-29 two objects", (good) => good + good),
  headerText("J-29 a comment", (good) => `/**/${good}`),
  headerText("J-29 a trailing comma", (good) => `${good.slice(0, -1)},}`),
  headerText("J-29 single quotes", (good) => good.replaceAll('"', "'")),
  headerText("J-29 names without quotes", (good) => good.replace('"alg"', "alg")),
  headerText("J-29 a trailing line end", (good) => `${good}\n`),
  headerText("J-29 a blank after a colon", (good) => good.replace(":", ": ")),
  headerText("J-29 a blank after a comma", (good) => good.replace(",", ", ")),
  headerText("J-40 a leading blank", (good) => ` ${good}`),
  headerText("J-29 UTF-16", (good) => Buffer.from(good, "utf16le")),
  headerText("J-29 depth 1000", (good) => addMember(good, `"x":${nested(1000)}`)),
  headerText("J-29 depth 2000", (good) => addMember(good, `"x":${nested(2000)}`)),
  headerText("J-29 invalid UTF-8", (good) => withBytes(good, [0xff])),
  headerText("J-29 overlong UTF-8", (good) => withBytes(good, [0xc0, 0xaf])),
]

/** Vectors for any deployment. */
export const headerVectors: readonly Vector[] = [
  accepted("header members in another order", (forge) => {
    const { alg, typ, kid } = JSON.parse(forge.headerText())
    return forge.token({ header: JSON.stringify({ typ, kid, alg }) })
  }),
  ...algorithms,
  ...keyNames,
  ...types,
  ...strangeMembers,
  ...oddJson,
]

function typeOf(forge: Forge): string {
  return forge.profile === "shared" ? "JWT" : "at+jwt"
}

/** A validly signed token whose header's text is made from the good one. */
function headerText(id: string, change: (good: string, forge: Forge) => string | Buffer): Vector {
  return refused(id, (forge) => forge.token({ header: change(forge.headerText(), forge) }))
}

function addMember(object: string, member: string): string {
  return `${object.slice(0, -1)},${member}}`
}

function nested(depth: number): string {
  return "[".repeat(depth) + "]".repeat(depth)
}

/** The text with bytes in a further member that are no UTF-8. */
function withBytes(good: string, bytes: readonly number[]): Buffer {
  return Buffer.concat([
    Buffer.from(`${good.slice(0, -1)},"x":"`),
    Buffer.from(bytes),
    Buffer.from('"}'),
  ])
}
