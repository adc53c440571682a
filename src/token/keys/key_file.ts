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
import { refreshKeyBytes } from "../refresh_token.ts"
import { cookieKeyBytes } from "../seal.ts"
import { isPublished } from "./algorithms.ts"
import { readPrivateJwk } from "./key_ring.ts"
import type { TimedKey } from "./key_rotation.ts"

/** Of AES-256. */
const factorKeyBytes = 32

/** What the document holds. */
export interface KeyFile {
  /** Makes refresh tokens; never signs an access token. */
  readonly refreshKey: Uint8Array
  /** Seals cookies and links. Null in a document from before there were any. */
  readonly cookieKey: Uint8Array | null
  /** Encrypts the secrets of second factors. Null in a document from before there were any. */
  readonly factorKey: Uint8Array | null
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
  const { format, version, refreshKey: encoded, cookieKey, factorKey, keys, ...rest } = file
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
  const refreshKey = readSecretKey(encoded, refreshKeyBytes)
  if (refreshKey === null) throw damaged(place, "its 'refreshKey' is not a key")
  const secrets = {
    refreshKey,
    cookieKey: readLaterKey("cookieKey", { text: cookieKey, bytes: cookieKeyBytes }, place),
    factorKey: readLaterKey("factorKey", { text: factorKey, bytes: factorKeyBytes }, place),
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
  const later = {
    ...(cookieKey === null ? {} : { cookieKey: encoded(cookieKey) }),
    ...(factorKey === null ? {} : { factorKey: encoded(factorKey) }),
  }
  const file = { format, version, refreshKey: encoded(refreshKey), ...later, keys }
  return Buffer.from(`${JSON.stringify(file, null, 2)}\n`)
}

function encoded(key: Uint8Array): string {
  return Buffer.from(key).toString("base64url")
}

/** A key for refresh tokens, from the system's generator. */
export function newRefreshKey(): Uint8Array {
  return randomKey(refreshKeyBytes)
}

/** A key for seals (seal.ts), from the system's generator. */
export function newCookieKey(): Uint8Array {
  return randomKey(cookieKeyBytes)
}

/** A key for the secrets of second factors, from the system's generator. */
export function newFactorKey(): Uint8Array {
  return randomKey(factorKeyBytes)
}

/** The keys that an operator can replace and that are not in `keys`, by the names that operators use. */
export const secretNames = ["refresh", "cookies"] as const

const renewals: {
  readonly [N in (typeof secretNames)[number]]: (file: KeyFile) => KeyFile
} = {
  refresh: (file) => ({ ...file, refreshKey: newRefreshKey() }),
  cookies: (file) => ({ ...file, cookieKey: newCookieKey() }),
}

/** The document with a new key in the place of a secret. Null for another name. */
export function renewSecret(file: KeyFile, name: string): KeyFile | null {
  const known = secretNames.find((one) => one === name)
  return known === undefined ? null : renewals[known](file)
}

/** The document with new keys in the place of all secrets. */
export function renewSecrets(file: KeyFile): KeyFile {
  return secretNames.reduce((renewed, name) => renewals[name](renewed), file)
}

function readMembers(bytes: Uint8Array, place: string): JsonObject {
  try {
    return readJsonObject(bytes).value
  } catch {
    throw damaged(place, "it is not a JSON object with each member once")
  }
}

/** A key that older documents do not have. */
function readLaterKey(
  name: string,
  { text, bytes }: { readonly text: unknown; readonly bytes: number },
  place: string,
): Uint8Array | null {
  const key = text === undefined ? null : readSecretKey(text, bytes)
  if (key === null && text !== undefined) throw damaged(place, `its '${name}' is not a key`)
  return key
}

function readSecretKey(text: unknown, bytes: number): Uint8Array | null {
  if (typeof text !== "string") return null
  const key = Buffer.from(text, "base64url")
  return key.byteLength === bytes && encoded(key) === text ? key : null
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
