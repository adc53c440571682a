// The keys that sign and verify access tokens. A deployment has one of three rings:
//
//   generated  keys.json beside the store, mode 0600, made at the first start
//   imported   JWT_PRIVATE_KEY, kept by the operator
//   shared     JWT_SECRET_KEY, nothing to publish
//
// keys.json: {"format":"postern-keys","version":1,"keys":[{"alg":"ES256","kid":…,"d":…,…}]}
// Each member is a private JWK (RFC 7517); the last one of the configured algorithm signs. Keys of
// other algorithms stay in the file, unused: exactly one algorithm is accepted at a time.

import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from "jose"
import { type Disk, replaceFile, secureFile } from "../disk.ts"
import { exitCodes, OperatorError } from "../errors.ts"
import { isJsonObject, type JsonObject } from "../strict_json.ts"
import {
  type Algorithm,
  isPublished,
  type PublishedAlgorithm,
  rsaBitsMin,
  type SharedAlgorithm,
} from "./algorithms.ts"
import { readPrivateKey } from "./private_key.ts"

/** One key as the verifier needs it: the algorithm is the key's own, never the token's. */
export interface VerificationKey {
  readonly alg: Algorithm
  readonly key: CryptoKey
}

/** The key that signs. Its `kid` is undefined for a shared secret, which has no name. */
export interface SigningKey extends VerificationKey {
  readonly kid: string | undefined
}

/** All keys of a deployment; never changes once made. */
export interface KeyRing {
  readonly profile: "published" | "shared"
  readonly signing: SigningKey
  /** By the exact `kid` of a token's header, undefined where it has none (RFC 7515 §4.1.4). */
  readonly verifying: ReadonlyMap<string | undefined, VerificationKey>
  /** The JWK Set for /.well-known/jwks.json: public members only, empty for a shared secret. */
  readonly publicKeys: readonly JWK[]
}

/** A ring that was opened, and what the operator should hear of its file. */
export interface OpenedKeyRing {
  readonly ring: KeyRing
  /** A repaired mode, else null. */
  readonly warning: string | null
  /** Whether the signing key was made just now. */
  readonly made: boolean
}

const fileFormat = "postern-keys"
const fileVersion = 1

/** The members of a JWK that may be seen by everybody; `d`, `p`, `q`, `k` and kin are not. */
const publicMembers = ["kty", "crv", "x", "y", "n", "e", "kid", "alg", "use"]

/** Makes the ring of a shared secret. Its strength is the caller's to check. */
export async function createSharedKeyRing(
  secret: string,
  algorithm: SharedAlgorithm,
): Promise<KeyRing> {
  const parameters = { name: "HMAC", hash: `SHA-${algorithm.slice(2)}` }
  const bytes = Buffer.from(secret, "utf8")
  const key = await crypto.subtle.importKey("raw", bytes, parameters, false, ["sign", "verify"])
  const signing = { kid: undefined, alg: algorithm, key }
  return { profile: "shared", signing, verifying: new Map([[undefined, signing]]), publicKeys: [] }
}

/**
 * Makes the ring of a private key that the operator brought.
 * @throws TypeError when `readPrivateKey` would find a mistake: check first
 */
export async function createImportedKeyRing(
  text: string,
  algorithm: PublishedAlgorithm,
): Promise<KeyRing> {
  return publishedRing({ algorithm, newest: await readKey(text, algorithm), older: [] })
}

/**
 * Opens the generated ring: reads the file, and makes it, or a key of `algorithm` in it, where
 * there is none. One process at a time: the caller holds the store's lock.
 * @throws OperatorError when the file is there but not as written; it stays untouched
 */
export async function openGeneratedKeyRing(
  path: string,
  algorithm: PublishedAlgorithm,
  disk: Disk,
): Promise<OpenedKeyRing> {
  const warning = await secureFile(path, disk)
  const bytes = await disk.read(path)
  const keys = bytes === null ? [] : await readKeyFile(bytes, path)
  const older = keys.filter((key) => key.alg === algorithm)
  const known = older.pop()
  const newest = known ?? (await generate(algorithm))
  if (known === undefined) {
    const file = { format: fileFormat, version: fileVersion, keys: [...keys, newest] }
    await replaceFile(path, [Buffer.from(`${JSON.stringify(file, null, 2)}\n`)], disk)
  }
  try {
    const ring = await publishedRing({ algorithm, newest, older })
    return { ring, warning, made: known === undefined }
  } catch {
    throw damaged(path, "it holds a key that can't be used")
  }
}

/** Private keys of one algorithm; the newest signs. */
interface PublishedKeys {
  readonly algorithm: PublishedAlgorithm
  readonly newest: JWK
  readonly older: readonly JWK[]
}

async function publishedRing({ algorithm, newest, older }: PublishedKeys): Promise<KeyRing> {
  const publicKeys = [...older, newest].map(toPublic)
  const verifying = new Map<string | undefined, VerificationKey>()
  for (const jwk of publicKeys) {
    if (verifying.has(jwk.kid)) throw new TypeError("Two keys have one kid")
    verifying.set(jwk.kid, { alg: algorithm, key: await importKey(jwk, algorithm) })
  }
  const signing = { kid: newest.kid, alg: algorithm, key: await importKey(newest, algorithm) }
  return { profile: "published", signing, verifying, publicKeys }
}

/** Reads a private key and writes its members anew: none is taken over unchecked. */
async function readKey(text: string, algorithm: PublishedAlgorithm): Promise<JWK> {
  const reading = readPrivateKey(text, algorithm)
  if ("mistake" in reading) throw new TypeError(`Unusable private key: ${reading.mistake}`)
  return named(reading.key.export({ format: "jwk" }) as JWK, algorithm)
}

/** The same for a key of the file, which must have the name that it was given. */
async function readWrittenKey(written: JsonObject): Promise<JWK> {
  const { alg, kid } = written
  if (typeof alg !== "string" || !isPublished(alg)) throw new TypeError("A key's alg is unknown")
  const jwk = await readKey(JSON.stringify(written), alg)
  if (kid !== jwk.kid) throw new TypeError("A key's kid is not its thumbprint")
  return jwk
}

async function generate(algorithm: PublishedAlgorithm): Promise<JWK> {
  const options = { extractable: true, modulusLength: rsaBitsMin }
  const { privateKey } = await generateKeyPair(algorithm, options)
  return named(await exportJWK(privateKey), algorithm)
}

/** Adds the members that say what a key is; the name is its RFC 7638 thumbprint. */
async function named(jwk: JWK, algorithm: PublishedAlgorithm): Promise<JWK> {
  const kid = await calculateJwkThumbprint(toPublic(jwk))
  return { ...jwk, kid, alg: algorithm, use: "sig" }
}

function toPublic(jwk: JWK): JWK {
  return Object.fromEntries(Object.entries(jwk).filter(([name]) => publicMembers.includes(name)))
}

// Imported once: `jose` given a JWK would import it anew for each token.
async function importKey(jwk: JWK, alg: PublishedAlgorithm): Promise<CryptoKey> {
  return (await importJWK(jwk, alg, { extractable: false })) as CryptoKey
}

/** All keys of the file, of whatever algorithm: one that can't be read is damage. */
async function readKeyFile(bytes: Uint8Array, path: string): Promise<JWK[]> {
  let file: unknown
  try {
    file = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes))
  } catch {
    throw damaged(path, "it is not JSON text")
  }
  if (!isJsonObject(file) || file["format"] !== fileFormat) {
    throw damaged(path, `it is not a file of the format '${fileFormat}'`)
  }
  if (file["version"] !== fileVersion) {
    throw damaged(path, `its version is not ${fileVersion}`)
  }
  const keys = file["keys"]
  if (!Array.isArray(keys) || keys.length === 0 || !keys.every(isJsonObject)) {
    throw damaged(path, "its 'keys' are not a list of at least one key")
  }
  try {
    return await Promise.all(keys.map(readWrittenKey))
  } catch {
    throw damaged(path, "it holds a key that can't be used")
  }
}

function damaged(path: string, why: string): OperatorError {
  return new OperatorError(`The key file '${path}' can't be used: ${why}`, {
    hint: "Restore it from a backup. Or move it away: a new key is made, and everybody logs in again.",
    exitCode: exitCodes.damagedData,
  })
}
