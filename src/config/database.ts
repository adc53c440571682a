// The settings of a store in PostgreSQL. They are refused without such a store, since somebody who
// sets one of them thinks that there is one.

import { X509Certificate } from "node:crypto"
import { OperatorError, systemCode } from "../errors.ts"
import { type DatabaseLocation, nameOf } from "../store/store_location.ts"
import { fileHint } from "../system/failure.ts"
import { findSecretFault } from "./secret_strength.ts"
import type { ReadableValues } from "./settings.ts"
import type { ReadFile } from "./texts.ts"
import type { ReportMistake } from "./values.ts"

/** A store in PostgreSQL, as the engine takes it. */
export interface DatabaseSettings {
  readonly location: DatabaseLocation
  /** Its name in messages. */
  readonly place: string
  /** Certificates of the authorities to trust, as PEM; null for those that Node trusts. */
  readonly ca: string | null
  /** Seals the keys in the database, together with the issuer. Empty where it is not needed. */
  readonly secret: Uint8Array
  /** Opens keys that were sealed with it; they are sealed again with `secret`. */
  readonly previousSecret: Uint8Array | undefined
  readonly issuer: string
  /** A request may be judged by a state of the database at most this old. */
  readonly stalenessSeconds: number
}

/** The file that has certificates, and nothing else that could be meant. */
const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g
const secretBytesMin = 32
const makeHint = "Make one: openssl rand -base64 48"

/** The settings of the database; null when the store is a directory. Reports what is missing. */
export function databaseSettings(
  values: ReadableValues,
  options: {
    readonly issuer: string
    readonly readFile: ReadFile
    readonly report: ReportMistake
    readonly needsStoreSecret: boolean
  },
): DatabaseSettings | null {
  const { issuer, readFile, report, needsStoreSecret } = options
  const { store, storeSecret, previousStoreSecret, storeAuthority, stalenessSeconds = 0 } = values
  if (store?.kind !== "database") {
    // Undefined is a store that could not be read.
    if (store !== undefined) reportUnused(values, report)
    return null
  }
  if (storeSecret === null && needsStoreSecret) {
    const problem = "A store in PostgreSQL needs it: it encrypts the keys there"
    report("POSTERN_STORE_SECRET", problem, `${makeHint}. Give each replica the same`)
  }
  reportFault("POSTERN_STORE_SECRET", storeSecret, report)
  reportFault("POSTERN_STORE_SECRET_PREVIOUS", previousStoreSecret, report)
  if (storeSecret != null && storeSecret === previousStoreSecret) {
    const hint = "Set POSTERN_STORE_SECRET to a new secret, or unset this"
    report("POSTERN_STORE_SECRET_PREVIOUS", "It is the same as POSTERN_STORE_SECRET", hint)
  }
  return {
    location: store,
    place: nameOf(store),
    ca: storeAuthority == null ? null : readAuthority(storeAuthority, readFile, report),
    secret: Buffer.from(storeSecret ?? ""),
    previousSecret: previousStoreSecret == null ? undefined : Buffer.from(previousStoreSecret),
    ...{ stalenessSeconds, issuer },
  }
}

function reportUnused(values: ReadableValues, report: ReportMistake): void {
  const { storeSecret, previousStoreSecret, storeAuthority, stalenessSeconds = 0 } = values
  const found = [
    ["POSTERN_STORE_CA", storeAuthority != null],
    ["POSTERN_STORE_SECRET", storeSecret != null],
    ["POSTERN_STORE_SECRET_PREVIOUS", previousStoreSecret != null],
    ["POSTERN_STALENESS", stalenessSeconds > 0],
  ] as const
  for (const [name, isSet] of found) {
    const hint = "Set POSTERN_STORE to postgres://…, or unset this"
    if (isSet) report(name, "It works only with a store in PostgreSQL", hint)
  }
}

function reportFault(name: string, secret: string | null | undefined, report: ReportMistake): void {
  const reason = secret == null ? null : findSecretFault(secret, secretBytesMin)
  if (reason !== null) report(name, `It is too weak: ${reason}`, makeHint)
}

function readAuthority(path: string, readFile: ReadFile, report: ReportMistake): string | null {
  const refuse = (problem: string, hint: string) => {
    report("POSTERN_STORE_CA", `The file '${path}' ${problem}`, hint)
    return null
  }
  let text: string
  try {
    text = Buffer.from(readFile(path)).toString("latin1")
  } catch (error) {
    if (error instanceof OperatorError) return refuse(`can't be used: ${error.message}`, error.hint)
    const hint = fileHint(error, "POSTERN_STORE_CA")
    return refuse(`can't be read (${systemCode(error)})`, hint)
  }
  const found = text.match(certificate) ?? []
  const hint = "Name a PEM file of certificates"
  if (found.length === 0) return refuse("has no certificate in it", hint)
  try {
    for (const one of found) new X509Certificate(one)
  } catch {
    return refuse("has a certificate that can't be read", hint)
  }
  return found.join("\n")
}
