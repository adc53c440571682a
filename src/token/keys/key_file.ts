// The document of the key store, which the JSON engine keeps as keys.json: the keys that Postern
// made for itself.
//
//   {"format":"postern-private-keys","version":1,
//    "refreshKey":"<32 bytes as base64url>", "cookieKey":"<32 bytes as base64url>",
//    "factorKey":"<32 bytes as base64url>",
//    "keys":[{"jwk":{"kty":"EC","alg":"ES256","kid":…,"d":…,…},
//             "publishedAt":1795447800,"signsFrom":1795448105,"keptUntil":null}]}
//
// Each `jwk` is a private JWK (RFC 7517). Keys of one algorithm sign one after the other. Keys of
// other algorithms stay in the document, unused: one algorithm is accepted at a time.

import type { JWK } from "jose"
import { isJsonObject, type JsonObject, readJsonObject } from "../../domain/strict_json.ts"
import { exitCodes, OperatorError } from "../../errors.ts"
import {
  type FileFormat,
  findOtherWriter,
  type OtherWriter,
  otherWriterHints,
} from "../../system/file_version.ts"
import { randomKey } from "../../system/random.ts"
import { isPublished } from "./algorithms.ts"
import { readPrivateJwk } from "./key_ring.ts"
import type { TimedKey } from "./key_rotation.ts"

/** Length of each secret: a key of HMAC-SHA-256 or of AES-256. */
const secretBytes = 32

/** What the document holds. */
export interface KeyFile {
  /** Makes refresh tokens; never signs an access token. */
  readonly refreshKey: Uint8Array
  /** Seals cookies and links. */
  readonly cookieKey: Uint8Array
  /** Encrypts the secrets of second factors. */
  readonly factorKey: Uint8Array
  readonly keys: readonly TimedKey[]
}

const own: FileFormat = {
  ...{ format: "postern-private-keys", version: 1 },
  unreleased: "postern-keys",
}

/**
 * Reads the document.
 * @param place where it is, for messages
 * @throws OperatorError when it is not as written
 */
export async function readKeyFile(bytes: Uint8Array, place: string): Promise<KeyFile> {
  const file = readMembers(bytes, place)
  const { format, version, refreshKey, cookieKey, factorKey, keys, ...rest } = file
  const other = findOtherWriter({ format, version }, own)
  if (other !== null) throw ofOtherWriter(place, other)
  if (format !== own.format) throw damaged(place, `it is not a file of the format '${own.format}'`)
  if (version !== own.version) throw damaged(place, `its version is not ${own.version}`)
  if (Object.keys(rest).length > 0) {
    throw damaged(place, "it has a member that does not belong there")
  }
  if (!Array.isArray(keys) || !keys.every(isJsonObject)) {
    throw damaged(place, "its 'keys' are not a list of keys")
  }
  const secrets = {
    refreshKey: readSecret(refreshKey, "refreshKey", place),
    cookieKey: readSecret(cookieKey, "cookieKey", place),
    factorKey: readSecret(factorKey, "factorKey", place),
  }
  try {
    const read = await Promise.all(keys.map(readEntry))
    if (new Set(read.map(({ jwk }) => jwk.kid)).size < read.length) throw new TypeError("Twice")
    return { ...secrets, keys: read }
  } catch {
    throw damaged(place, "it holds a key that can't be used")
  }
}

/** The document as bytes. */
export function writeKeyFile({ refreshKey, cookieKey, factorKey, keys }: KeyFile): Uint8Array {
  const { format, version } = own
  const secrets = {
    refreshKey: encoded(refreshKey),
    cookieKey: encoded(cookieKey),
    factorKey: encoded(factorKey),
  }
  return Buffer.from(`${JSON.stringify({ format, version, ...secrets, keys }, null, 2)}\n`)
}

function encoded(key: Uint8Array): string {
  return Buffer.from(key).toString("base64url")
}

/** The document of a new deployment: secrets from the system's generator, and no key that signs. */
export function newKeyFile(): KeyFile {
  const newSecret = () => randomKey(secretBytes)
  return { refreshKey: newSecret(), cookieKey: newSecret(), factorKey: newSecret(), keys: [] }
}

/** The secrets that an operator can replace, by the names that operators use. */
export const secretNames = ["refresh", "cookies"] as const

const memberOf = { refresh: "refreshKey", cookies: "cookieKey" } as const

/** The document with a new key in the place of a secret. */
export function renewSecret(file: KeyFile, name: (typeof secretNames)[number]): KeyFile {
  return { ...file, [memberOf[name]]: randomKey(secretBytes) }
}

function readMembers(bytes: Uint8Array, place: string): JsonObject {
  try {
    return readJsonObject(bytes).value
  } catch {
    throw damaged(place, "it is not a JSON object with each member once")
  }
}

function readSecret(text: unknown, name: string, place: string): Uint8Array {
  const key = Buffer.from(typeof text === "string" ? text : "", "base64url")
  if (key.byteLength === secretBytes && encoded(key) === text) return key
  throw damaged(place, `its '${name}' is not a key`)
}

/** Reads a key that can be used and whose name is its own. */
async function readEntry(entry: JsonObject): Promise<TimedKey> {
  const { jwk: written, publishedAt, signsFrom, keptUntil, ...rest } = entry
  const times = [publishedAt, signsFrom, ...(keptUntil === null ? [] : [keptUntil])]
  if (!times.every(isInstant) || Object.keys(rest).length > 0) throw new TypeError("No such entry")
  if (!isJsonObject(written)) throw new TypeError("Its jwk is no object")
  const { alg, kid } = written
  if (typeof alg !== "string" || !isPublished(alg)) throw new TypeError("A key's alg is unknown")
  const jwk: JWK = await readPrivateJwk(JSON.stringify(written), alg)
  if (kid !== jwk.kid) throw new TypeError("A key's kid is not its thumbprint")
  return { jwk, publishedAt, signsFrom, keptUntil } as TimedKey
}

function isInstant(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function ofOtherWriter(
  place: string,
  { writer, why }: { readonly writer: OtherWriter; readonly why: string },
): OperatorError {
  const which = writer === "newer" ? "a newer" : "an unreleased"
  return new OperatorError(`The key file '${place}' was written by ${which} Postern: ${why}`, {
    hint: otherWriterHints[writer],
    exitCode: exitCodes.damagedData,
  })
}

function damaged(place: string, why: string): OperatorError {
  return new OperatorError(`The key file '${place}' can't be used: ${why}`, {
    hint: "Restore it from a backup. docs/backup.md says what to do without one.",
    exitCode: exitCodes.damagedData,
  })
}
