// Forges tokens with a deployment's real keys: any header and payload, signed by node:crypto and
// not by the code under test, so that tokens which only an insider could make are refused too.

import {
  constants,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  sign,
} from "node:crypto"
import type { TokenSettings } from "../../src/token/access_token.ts"
import {
  type Algorithm,
  isShared,
  type PublishedAlgorithm,
  type SharedAlgorithm,
} from "../../src/token/keys/algorithms.ts"
import { createImportedKeyRing, createSharedKeyRing } from "../../src/token/keys/key_ring.ts"
import { ecKeyPem, edKeyPem, rsaKeyPem } from "../vectors/signing_keys.ts"
import { startOfTests } from "./fake_clock.ts"
import { testSecret } from "./test_keys.ts"

/** The address of the published profile's deployment: its `iss` and its `aud`. */
export const forgeIssuer = "https://login.example.org"

/** The session that forged tokens of the published profile name. */
export const forgeSid = "c2Vzc2lvbiBvZiBmb3JnZQ"

/** Members of a header or payload; one that is undefined is left out. */
export type Members = Readonly<Record<string, unknown>>

/** What a forged token is made of; what is left out is as in a good one. */
export interface Forged {
  /** Changes to the good members, or the whole text or bytes in the place of the good ones. */
  readonly header?: Members | string | Uint8Array
  readonly payload?: Members | string | Uint8Array
  /** Signs the two first segments and the dot between them. */
  readonly signature?: (input: string) => Uint8Array
}

/** A deployment whose keys have fallen into the wrong hands. */
export interface Forge {
  readonly settings: TokenSettings
  readonly alg: Algorithm
  /** Undefined for a shared secret. */
  readonly kid: string | undefined
  readonly profile: "published" | "shared"
  /** Its private key, or its secret. */
  readonly key: KeyObject
  headerText(changes?: Members): string
  payloadText(changes?: Members): string
  token(forged?: Forged): string
}

const pemByAlgorithm: Readonly<Record<PublishedAlgorithm, string>> = {
  ES256: ecKeyPem,
  EdDSA: edKeyPem,
  PS256: rsaKeyPem,
  RS256: rsaKeyPem,
}

/** The secret of the shared profile's deployment. */
export const forgeSecret = testSecret

/** Makes a deployment and the means to forge its tokens. */
export async function createForge(alg: Algorithm): Promise<Forge> {
  return isShared(alg) ? sharedForge(alg) : publishedForge(alg)
}

/** The same deployment with other settings. */
export function withSettings(forge: Forge, changes: Partial<TokenSettings>): Forge {
  return { ...forge, settings: { ...forge.settings, ...changes } }
}

/** Signs as RFC 7518 §3 and RFC 8037 say. */
export function signJws(input: string | Uint8Array, alg: Algorithm, key: KeyObject): Buffer {
  const bytes = Buffer.from(input)
  switch (alg) {
    case "ES256":
      return sign("sha256", bytes, { key, dsaEncoding: "ieee-p1363" })
    case "EdDSA":
      return sign(null, bytes, key)
    case "PS256":
      return sign("sha256", bytes, {
        key,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: 32,
      })
    case "RS256":
      return sign("sha256", bytes, key)
    default:
      return createHmac(`sha${alg.slice(2)}`, key)
        .update(bytes)
        .digest()
  }
}

/** The public half of a forge's key. */
export function publicKeyOf(forge: Forge): KeyObject {
  return createPublicKey(forge.key)
}

/** A segment of a token: bytes as base64url. */
export function segment(content: string | Uint8Array): string {
  return Buffer.from(content).toString("base64url")
}

/** The three segments of a token. */
export function segments(token: string): [header: string, payload: string, signature: string] {
  const [header = "", payload = "", signature = ""] = token.split(".")
  return [header, payload, signature]
}

/** The bytes of a token's signature. */
export function signatureOf(token: string): Buffer {
  return Buffer.from(segments(token)[2], "base64url")
}

/** A token with another signature. */
export function withSignature(token: string, signature: Uint8Array | string): string {
  const [header, payload] = segments(token)
  const text = typeof signature === "string" ? signature : segment(signature)
  return `${header}.${payload}.${text}`
}

async function publishedForge(alg: PublishedAlgorithm): Promise<Forge> {
  const ring = await createImportedKeyRing(pemByAlgorithm[alg], alg)
  const settings: TokenSettings = {
    ring,
    profile: "published",
    issuer: forgeIssuer,
    audience: forgeIssuer,
    acceptedIssuers: [forgeIssuer],
    acceptedAudiences: [forgeIssuer],
    accessTtlSeconds: 900,
    leewaySeconds: 0,
  }
  const { kid } = ring.signer(startOfTests)
  const header = { alg, typ: "at+jwt", kid }
  const payload = {
    iss: forgeIssuer,
    sub: "alice",
    aud: forgeIssuer,
    exp: startOfTests + 900,
    iat: startOfTests,
    jti: "AAECAwQFBgcICQoLDA0ODw",
    client_id: "postern",
    sid: forgeSid,
    auth_time: startOfTests,
    fresh: true,
    type: "access",
    roles: [],
  }
  const key = createPrivateKey(pemByAlgorithm[alg])
  return assemble({ settings, alg, kid, profile: "published", key }, header, payload)
}

async function sharedForge(alg: SharedAlgorithm): Promise<Forge> {
  const ring = await createSharedKeyRing({ secret: forgeSecret }, alg)
  const settings: TokenSettings = {
    ring,
    profile: "shared",
    issuer: undefined,
    audience: undefined,
    acceptedIssuers: [],
    acceptedAudiences: [],
    accessTtlSeconds: 900,
    leewaySeconds: 0,
  }
  const payload = {
    fresh: false,
    iat: startOfTests,
    jti: "0b5b3c5c-7c0e-4c9e-9b0b-0d6c9f1f7e11",
    type: "access",
    sub: "alice",
    exp: startOfTests + 900,
  }
  const key = createSecretKey(Buffer.from(forgeSecret))
  const parts = { settings, alg, kid: undefined, profile: "shared", key } as const
  return assemble(parts, { alg, typ: "JWT" }, payload)
}

type Parts = Omit<Forge, "headerText" | "payloadText" | "token">

function assemble(parts: Parts, goodHeader: Members, goodPayload: Members): Forge {
  const headerText = (changes: Members = {}) => JSON.stringify({ ...goodHeader, ...changes })
  const payloadText = (changes: Members = {}) => JSON.stringify({ ...goodPayload, ...changes })
  return {
    ...parts,
    headerText,
    payloadText,
    token({ header = {}, payload = {}, signature } = {}) {
      const input = `${segment(content(header, headerText))}.${segment(content(payload, payloadText))}`
      const bytes = signature?.(input) ?? signJws(input, parts.alg, parts.key)
      return `${input}.${segment(bytes)}`
    },
  }
}

function content(
  given: Members | string | Uint8Array,
  write: (changes: Members) => string,
): string | Uint8Array {
  if (typeof given === "string" || given instanceof Uint8Array) return given
  return write(given as Members)
}
