// Vectors for deployments with published keys: signatures in other forms or by other keys, and what
// their tokens must say about issuer and audience.

import { createHmac, generateKeyPairSync, type KeyObject } from "node:crypto"
import type { Algorithm } from "../../src/token/keys/algorithms.ts"
import { startOfTests as now } from "../support/fake_clock.ts"
import { type Forge, forgeIssuer, publicKeyOf, signJws } from "../support/forge.ts"
import { acceptedText, claims, payloadText, sidsOfOthers } from "./claim_vectors.ts"
import { each, refused, refusedForged, type Vector } from "./vector.ts"

/** The ways in which a public key is written down: each has been taken for an HMAC secret. */
const publicKeyTexts: Readonly<Record<string, (key: KeyObject, forge: Forge) => string | Buffer>> =
  {
    PEM: pem,
    "PEM, trimmed": (key) => pem(key).trim(),
    "PEM with CRLF": (key) => pem(key).replaceAll("\n", "\r\n"),
    "PEM after a line end": (key) => `\n${pem(key)}`,
    "PEM after a blank": (key) => ` ${pem(key)}`,
    "PEM without its armour": (key) => pem(key).replace(/-----[^-]+-----|\n/g, ""),
    DER: (key) => key.export({ type: "spki", format: "der" }),
    JWK: (key) => JSON.stringify(key.export({ format: "jwk" })),
    "JWK as published": (_key, forge) => JSON.stringify(publishedBy(forge)[0]),
    "JWK Set": (_key, forge) => JSON.stringify({ keys: publishedBy(forge) }),
    "JWK Set as served": (_key, forge) => `${JSON.stringify({ keys: publishedBy(forge) })}\n`,
    "x or n": (key) => Buffer.from(coordinate(key), "base64url"),
    "x or n as text": coordinate,
    kid: (_key, { kid }) => kid ?? "",
    nothing: () => "",
    "32 zero bytes": () => Buffer.alloc(32),
    issuer: () => forgeIssuer,
  }

const asSecret: Vector[] = Object.entries(publicKeyTexts).flatMap(([name, write]) =>
  (["HS256", "HS384", "HS512"] as const).flatMap((alg) => [
    hmacWith(`J-13/14 ${alg} with ${name}`, write, { alg }),
    hmacWith(`J-13/14 ${alg} with ${name}, without kid`, write, { alg, kid: undefined }),
    hmacWith(`J-13/14 ${alg} with ${name}, typ JWT`, write, { alg, typ: "JWT" }),
  ]),
)

const attackers: readonly (readonly [Algorithm, KeyObject])[] = [
  ["ES256", generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey],
  ["EdDSA", generateKeyPairSync("ed25519").privateKey],
  ["PS256", generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey],
  ["RS256", generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey],
]

const otherKeys: Vector[] = attackers.flatMap(([alg, key]) => [
  refused(`J-15 ${alg} key of an attacker under our kid`, (forge) =>
    forge.token({ header: { alg }, signature: (input) => signJws(input, alg, key) }),
  ),
  refused(`J-15 ${alg} key of an attacker under our kid and alg`, (forge) =>
    forge.token({ signature: (input) => signJws(input, alg, key) }),
  ),
])

const keyNames: Vector[] = [
  refusedForged("J-25 without kid", () => ({ header: { kid: undefined } })),
  refusedForged("J-23 kid after a blank", ({ kid }) => ({ header: { kid: ` ${kid}` } })),
  refusedForged("J-23 kid before a blank", ({ kid }) => ({ header: { kid: `${kid} ` } })),
  refusedForged("J-23 kid before a NUL", ({ kid }) => ({ header: { kid: `${kid}\0` } })),
  refusedForged("J-23 kid in upper case", ({ kid }) => ({ header: { kid: kid?.toUpperCase() } })),
  refusedForged("J-23 half a kid", ({ kid }) => ({ header: { kid: kid?.slice(0, 20) } })),
]

const labels: Vector[] = each(
  ["ES256", "EdDSA", "Ed25519", "PS256", "RS256", "PS384", "RS512", "RSA-OAEP"],
  (label) =>
    refusedForged(`J-16 real signature under ${label}`, () => ({ header: { alg: label } })),
)

const strangers: Vector[] = [
  ...each(
    [
      undefined,
      `${forgeIssuer}/`,
      forgeIssuer.toUpperCase(),
      forgeIssuer.replace("https", "http"),
      `${forgeIssuer}.evil.example`,
      forgeIssuer.slice(0, -1),
      ` ${forgeIssuer}`,
      [forgeIssuer, "https://evil.example"],
    ],
    (iss, name) => claims(`J-34 iss ${name}`, { iss }),
  ),
  ...each(
    [
      undefined,
      "https://other.example",
      forgeIssuer.slice(0, -1),
      `${forgeIssuer}/`,
      [forgeIssuer],
      [forgeIssuer, "https://other.example"],
      `${forgeIssuer} https://other.example`,
    ],
    (aud, name) => claims(`J-35 aud ${name}`, { aud }),
  ),
]

const ownClaims: Vector[] = [
  claims("J-48 type refresh", { type: "refresh" }),
  ...each([undefined, null], (auth_time, name) => claims(`T-14 auth_time ${name}`, { auth_time })),
  claims("T-14 fresh a number", { fresh: now + 60 }),
  ...each(sidsOfOthers, (sid, name) => claims(`T-14 sid ${name}`, { sid })),
  payloadText("T-15 an escape that is not needed", (good) => good.replace("alice", "\\u0061lice")),
  payloadText("T-15 a slash escaped", (good) => good.replace("//", "\\/\\/")),
  payloadText("T-15 a number written as fraction", (good) =>
    good.replace(/"iat":(\d+)/, '"iat":$1.0'),
  ),
  payloadText("T-15 a number with exponent", (good) =>
    good.replace(/"iat":\d+/, '"iat":1.7954478e9'),
  ),
  acceptedText("T-15 what JSON.stringify escapes", (good) => good.replace("}", ',"x":"\\n\\""}')),
]

/** Vectors for any deployment with published keys; without those labelled with its own `alg`. */
export function publishedVectors(alg: Algorithm): readonly Vector[] {
  const others = labels.filter(({ id }) => !id.endsWith(` ${alg}`))
  return [...asSecret, ...otherKeys, ...keyNames, ...others, ...strangers, ...ownClaims]
}

function hmacWith(
  id: string,
  write: (key: KeyObject, forge: Forge) => string | Buffer,
  header: { readonly alg: "HS256" | "HS384" | "HS512"; readonly kid?: undefined; typ?: string },
): Vector {
  return refused(id, (forge) =>
    forge.token({
      header,
      signature: (input) =>
        createHmac(`sha${header.alg.slice(2)}`, write(publicKeyOf(forge), forge))
          .update(input)
          .digest(),
    }),
  )
}

function publishedBy({ settings }: Forge) {
  return settings.ring.published(now)
}

function pem(key: KeyObject): string {
  return key.export({ type: "spki", format: "pem" }).toString()
}

function coordinate(key: KeyObject): string {
  const { x, n } = key.export({ format: "jwk" })
  return x ?? n ?? ""
}
