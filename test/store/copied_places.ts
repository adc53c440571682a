// Places for the tests of copies: a data directory with any content, and the tests' database.

import assert from "node:assert/strict"
import { join } from "node:path"
import type { TestContext } from "node:test"
import { OperatorError } from "../../src/errors.ts"
import { type CopyPlace, type CopyReport, copyStore } from "../../src/store/copy_store.ts"
import type { Content } from "../../src/store/copying.ts"
import { copyToDirectory } from "../../src/store/json/copied_store.ts"
import { machineDisk } from "../../src/system/disk.ts"
import { openPlainDatabase } from "../support/plain_database.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { locationOfTests } from "./postgres/opened_database.ts"
import { secret } from "./postgres/postgres_engine.ts"

/** The files of a data directory. */
export const files = ["journal.0.jsonl", "journal.1.jsonl", "keys.json", "store.json"]
/** A warning that nobody reads. */
export const warn = () => {}
const disk = machineDisk
const issuer = "https://tests.example"

/** The database of a host, with changes of what opens its keys. */
export function databaseAt(
  host: string,
  changes: Partial<{ issuer: string; previousSecret: Buffer; secret: Buffer }> = {},
) {
  const location = locationOfTests({ host })
  return { ...{ location, ca: null, place: "tests' database", issuer, secret }, ...changes }
}

/** Copies. */
export function copy(
  from: CopyPlace,
  to: CopyPlace,
  options: { readonly isDryRun?: boolean; readonly isInterrupted?: () => boolean } = {},
): Promise<CopyReport> {
  const { isDryRun = false, isInterrupted = () => false } = options
  return copyStore({ from, to, isDryRun, isInterrupted, warn, onProgress: () => {} })
}

/** Makes a data directory of a content. */
export async function directoryOf(t: TestContext, content: Content) {
  const place = newDirectory(t)
  await copyToDirectory({ ...place, warn }).fill(content, async () => {})
  return place
}

/** A directory that is not there yet. */
export function newDirectory(t: TestContext) {
  return { directory: join(temporaryDirectory(t), "data"), disk }
}

/** Makes the database of a host as it was before Postern. */
export async function withoutSchema(host: string): Promise<void> {
  const plain = await openPlainDatabase(host)
  await plain.query("set client_min_messages = error")
  await plain.query("drop schema if exists postern cascade")
  await plain.close()
}

/** For `assert.rejects`: an OperatorError with this message and exit code. */
export function refused(message: RegExp, exitCode: number) {
  return (error: unknown) => {
    assert.ok(error instanceof OperatorError, String(error))
    assert.match(error.message, message)
    assert.equal(error.exitCode, exitCode)
    return true
  }
}
