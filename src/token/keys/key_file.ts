// keys.json, beside the store, mode 0600: the keys that Postern made for itself.
//
//   {"format":"postern-keys","version":2,
//    "refreshKey":"<32 bytes as base64url>",
//    "keys":[{"jwk":{"kty":"EC","alg":"ES256","kid":…,"d":…,…},
//             "publishedAt":1795447800,"signsFrom":1795448105,"keptUntil":null}]}
//
// Each `jwk` is a private JWK (RFC 7517); those of one algorithm sign one after the other. Keys of
// other algorithms stay in the file, unused: exactly one algorithm is accepted at a time. Version 1
// had plain JWKs in `keys`, of which the last one of an algorithm signed, and no refresh key.

import type { JWK } from "jose"
import { isJsonObject, type JsonObject, readJsonObject } from "../../domain/strict_json.ts"
import { exitCodes, OperatorError } from "../../errors.ts"
import { type Disk, replaceFile } from "../../system/disk.ts"
import { newerHint, newerVersion } from "../../system/newer_version.ts"
import { secureFile } from "../../system/private_files.ts"
import { randomKey } from "../../system/random.ts"
import { accessTtlSecondsMax } from "../claims.ts"
import { refreshKeyBytes } from "../refresh_token.ts"
import { isPublished } from "./algorithms.ts"
import { readPrivateJwk } from "./key_ring.ts"
import type { TimedKey } from "./key_rotation.ts"

/** What the file holds. */
export interface KeyFile {
  /** Makes refresh tokens; never an access token's key. */
  readonly refreshKey: Uint8Array
  readonly keys: readonly TimedKey[]
}

/** What was found at the file's path. */
export interface KeyFileReading {
  readonly file: KeyFile | null
  /** False when it should be written anew: it is missing, or of an earlier version. */
  readonly isCurrent: boolean
  /** For the log, when its mode was repaired. */
  readonly warning: string | null
}

const format = "postern-keys"
const version = 2

/**
 * Reads the file, or gives null where there is none. One process at a time: the caller holds the
 * store's lock.
 * @param now epoch seconds, from when a key of version 1 is taken to sign
 * @throws OperatorError when it is there but not as written; it stays untouched
 */
export async function readKeyFile(path: string, disk: Disk, now: number): Promise<KeyFileReading> {
  const warning = await secureFile(path, disk)
  const bytes = await disk.read(path)
  if (bytes === null) return { file: null, isCurrent: false, warning }
  return { ...(await parse(bytes, path, now)), warning }
}

/** Replaces the file, or makes it, in one step. */
export async function writeKeyFile(path: string, file: KeyFile, disk: Disk): Promise<void> {
  const { keys } = file
  const refreshKey = Buffer.from(file.refreshKey).toString("base64url")
  const text = JSON.stringify({ format, version, refreshKey, keys }, null, 2)
  await replaceFile(path, [Buffer.from(`${text}\n`)], disk)
}

/** A key for refresh tokens, from the system's generator. */
export function newRefreshKey(): Uint8Array {
  return randomKey(refreshKeyBytes)
}

async function parse(
  bytes: Uint8Array,
  path: string,
  now: number,
): Promise<Pick<KeyFileReading, "file" | "isCurrent">> {
  const file = readMembers(bytes, path)
  if (file["format"] !== format) {
    throw damaged(path, `it is not a file of the format '${format}'`)
  }
  const { version: found, keys } = file
  if (Number.isSafeInteger(found) && (found as number) > version) throw newer(path, found as number)
  if (found !== version && found !== 1) {
    throw damaged(path, `its version is not ${version}`)
  }
  const known = ["format", "version", "keys", ...(found === 1 ? [] : ["refreshKey"])]
  if (!Object.keys(file).every((name) => known.includes(name))) {
    throw damaged(path, "it has a member that does not belong there")
  }
  if (!Array.isArray(keys) || !keys.every(isJsonObject)) {
    throw damaged(path, "its 'keys' are not a list of keys")
  }
  const refreshKey = found === 1 ? newRefreshKey() : readRefreshKey(file["refreshKey"])
  if (refreshKey === null) throw damaged(path, "its 'refreshKey' is not a key")
  const entries = found === 1 ? keys.map((jwk) => ofVersion1(jwk, keys, now)) : keys
  try {
    const read = await Promise.all(entries.map(readEntry))
    if (new Set(read.map(({ jwk }) => jwk.kid)).size < read.length) throw new TypeError("Twice")
    return { file: { refreshKey, keys: read }, isCurrent: found === version }
  } catch {
    throw damaged(path, "it holds a key that can't be used")
  }
}

function readMembers(bytes: Uint8Array, path: string): JsonObject {
  try {
    return readJsonObject(bytes).value
  } catch {
    throw damaged(path, "it is not a JSON object with each member once")
  }
}

function readRefreshKey(text: unknown): Uint8Array | null {
  if (typeof text !== "string") return null
  const key = Buffer.from(text, "base64url")
  return key.byteLength === refreshKeyBytes && key.toString("base64url") === text ? key : null
}

// The last one of its algorithm signs; the others have been followed just now.
function ofVersion1(jwk: JsonObject, all: readonly JsonObject[], now: number): JsonObject {
  const isLast = all.findLast(({ alg }) => alg === jwk["alg"]) === jwk
  const keptUntil = isLast ? null : now + accessTtlSecondsMax
  return { jwk, publishedAt: 0, signsFrom: isLast ? now : 0, keptUntil }
}

/** An entry whose key can be used, and has the name that it was given. */
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

function newer(path: string, found: number): OperatorError {
  const why = newerVersion(found, version)
  return new OperatorError(`The key file '${path}' was written by a newer Postern: ${why}`, {
    hint: newerHint,
    exitCode: exitCodes.damagedData,
  })
}

function damaged(path: string, why: string): OperatorError {
  return new OperatorError(`The key file '${path}' can't be used: ${why}`, {
    hint: "Restore it from a backup. docs/backup.md says what to do without one.",
    exitCode: exitCodes.damagedData,
  })
}
