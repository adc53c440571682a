// The keys that sign and verify access tokens. A deployment has one of three rings:
//
//   generated  made at the first start and kept in keys.json (key_file.ts), one after the other
//              (key_rotation.ts)
//   imported   JWT_PRIVATE_KEY, kept by the operator
//   shared     JWT_SECRET_KEY, and the secret before it while that is set; nothing to publish

import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto"
import type { CryptoKey, JWK } from "jose"
import { calculateJwkThumbprint } from "jose/jwk/thumbprint"
import { exportJWK } from "jose/key/export"
import { generateKeyPair } from "jose/key/generate/keypair"
import { importJWK } from "jose/key/import"
import {
  type Algorithm,
  type PublishedAlgorithm,
  rsaBitsMin,
  type SharedAlgorithm,
} from "./algorithms.ts"
import { isOver, signerOf, type TimedKey } from "./key_rotation.ts"
import { readPrivateKey } from "./private_key.ts"

/** Where the keys of a deployment come from. */
export type KeySource =
  | { readonly kind: "generated"; readonly algorithm: PublishedAlgorithm }
  | { readonly kind: "imported"; readonly algorithm: PublishedAlgorithm; readonly key: string }
  | ({ readonly kind: "shared"; readonly algorithm: SharedAlgorithm } & SharedSecrets)

/** The shared secret, and the one before it, whose tokens are still accepted. */
export interface SharedSecrets {
  readonly secret: string
  readonly previous?: string
}

/** One key as the verifier needs it: the algorithm is the key's own, never the token's. */
export interface VerificationKey {
  readonly alg: Algorithm
  readonly key: CryptoKey
  /**
   * A quick check that finds forged signatures. A token that passes it still has to be verified.
   * Only shared secrets have one.
   */
  readonly isForged?: (token: string, signature: Uint8Array) => boolean
  /** The shared secret before this one, which may have signed the token instead. */
  readonly previous?: VerificationKey
}

/** The key that signs. Its `kid` is undefined for a shared secret, which has no name. */
interface SigningKey extends VerificationKey {
  readonly kid: string | undefined
}

/** All keys of a deployment, as they are at an instant (epoch seconds). */
export interface KeyRing {
  signer(now: number): SigningKey
  /** By the exact `kid` of a token's header, undefined where it has none (RFC 7515 §4.1.4). */
  find(kid: string | undefined, now: number): VerificationKey | null
  /** The JWK Set for /.well-known/jwks.json: public members only, empty for a shared secret. */
  published(now: number): readonly JWK[]
  /** Names the set of keys: another text as soon as a key comes or goes. */
  keySet(now: number): string
}

/** The members of a JWK that may be seen by everybody; `d`, `p`, `q`, `k` and kin are not. */
const publicMembers = ["kty", "crv", "x", "y", "n", "e", "kid", "alg", "use"]

/**
 * Makes the ring of a shared secret. Only that secret signs; tokens of the previous one are
 * accepted, too. The strength of both is the caller's to check.
 */
export async function createSharedKeyRing(
  { secret, previous }: SharedSecrets,
  algorithm: SharedAlgorithm,
): Promise<KeyRing> {
  const own = await importSecret(secret, algorithm)
  const older = previous === undefined ? {} : { previous: await importSecret(previous, algorithm) }
  const signing: SigningKey = { ...own, ...older, kid: undefined }
  return {
    signer: () => signing,
    find: (kid) => (kid === undefined ? signing : null),
    published: () => [],
    keySet: () => "shared secret",
  }
}

async function importSecret(secret: string, algorithm: SharedAlgorithm): Promise<VerificationKey> {
  const parameters = { name: "HMAC", hash: `SHA-${algorithm.slice(2)}` }
  const bytes = Buffer.from(secret, "utf8")
  const key = await crypto.subtle.importKey("raw", bytes, parameters, false, ["sign", "verify"])
  return { alg: algorithm, key, isForged: createHmacCheck(algorithm, bytes) }
}

// `jose` waits for the thread pool. This check does not, so a forged token costs a sixth of the
// time.
function createHmacCheck(algorithm: SharedAlgorithm, secret: Uint8Array) {
  const key = createSecretKey(secret)
  const hash = `sha${algorithm.slice(2)}`
  return (token: string, signature: Uint8Array): boolean => {
    const signed = token.slice(0, token.lastIndexOf("."))
    const expected = createHmac(hash, key).update(signed).digest()
    return expected.byteLength !== signature.byteLength || !timingSafeEqual(expected, signature)
  }
}

/**
 * Makes the ring of a private key that the operator brought.
 * @throws TypeError when `readPrivateKey` would find a mistake: check first
 */
export async function createImportedKeyRing(
  text: string,
  algorithm: PublishedAlgorithm,
): Promise<KeyRing> {
  const jwk = await readPrivateJwk(text, algorithm)
  return createTimedKeyRing([{ jwk, publishedAt: 0, signsFrom: 0, keptUntil: null }])
}

/**
 * Makes a ring of keys of one algorithm, in the order in which they sign, at least one.
 * @throws TypeError when two have one kid
 */
export async function createTimedKeyRing(keys: readonly TimedKey[]): Promise<KeyRing> {
  const entries = await Promise.all(keys.map(importTimedKey))
  const byKid = new Map(entries.map((entry) => [entry.signing.kid, entry]))
  if (byKid.size !== keys.length) throw new TypeError("Two keys have one kid")
  const keptAt = (now: number) => entries.filter(({ timed }) => !isOver(timed, now))
  let named = { count: -1, names: "" }
  return {
    signer(now) {
      const signing = byKid.get(signerOf(keys, now)?.jwk.kid)
      if (signing === undefined) throw new TypeError("A ring needs a key")
      return signing.signing
    },
    find(kid, now) {
      const entry = kid === undefined ? undefined : byKid.get(kid)
      return entry === undefined || isOver(entry.timed, now) ? null : entry.verification
    },
    published: (now) => keptAt(now).map(({ publicJwk }) => publicJwk),
    keySet(now) {
      // Keys of one ring only end, one after the other: their number shows which ones are left.
      const kept = keptAt(now)
      if (kept.length === named.count) return named.names
      named = { count: kept.length, names: kept.map(({ signing }) => signing.kid).join(" ") }
      return named.names
    },
  }
}

/** Generates a key that is published from now on and signs from `signsFrom` on. */
export async function generateTimedKey(
  algorithm: PublishedAlgorithm,
  times: { readonly publishedAt: number; readonly signsFrom: number },
): Promise<TimedKey> {
  const options = { extractable: true, modulusLength: rsaBitsMin }
  const { privateKey } = await generateKeyPair(algorithm, options)
  const jwk = await named(await exportJWK(privateKey), algorithm)
  return { jwk, ...times, keptUntil: null }
}

/**
 * Reads a private key, PEM or JWK. The result has only members that Node exports from the key.
 * @throws TypeError when it can't be used
 */
export async function readPrivateJwk(text: string, algorithm: PublishedAlgorithm): Promise<JWK> {
  const reading = readPrivateKey(text, algorithm)
  if ("mistake" in reading) throw new TypeError(`Unusable private key: ${reading.mistake}`)
  return named(reading.key.export({ format: "jwk" }) as JWK, algorithm)
}

/** The members of a key that everybody may see. */
export function toPublic(jwk: JWK): JWK {
  return Object.fromEntries(Object.entries(jwk).filter(([name]) => publicMembers.includes(name)))
}

interface ImportedKey {
  readonly timed: TimedKey
  readonly publicJwk: JWK
  readonly verification: VerificationKey
  readonly signing: SigningKey
}

// Imported once, because `jose` imports a JWK again for each token.
async function importTimedKey(timed: TimedKey): Promise<ImportedKey> {
  const { jwk } = timed
  const alg = jwk.alg as PublishedAlgorithm
  const publicJwk = Object.freeze(toPublic(jwk))
  const [key, privateKey] = await Promise.all([importKey(publicJwk, alg), importKey(jwk, alg)])
  return {
    timed,
    publicJwk,
    verification: { alg, key },
    signing: { alg, key: privateKey, kid: jwk.kid },
  }
}

async function importKey(jwk: JWK, alg: PublishedAlgorithm): Promise<CryptoKey> {
  return (await importJWK(jwk, alg, { extractable: false })) as CryptoKey
}

/** Adds the members that say what a key is; the name is its RFC 7638 thumbprint. */
async function named(jwk: JWK, algorithm: PublishedAlgorithm): Promise<JWK> {
  const kid = await calculateJwkThumbprint(toPublic(jwk))
  return { ...jwk, kid, alg: algorithm, use: "sig" }
}
