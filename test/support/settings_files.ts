// Settings without an environment or a disk.

import assert from "node:assert/strict"
import { type Config, loadConfig } from "../../src/config/load.ts"
import type { Environment } from "../../src/config/texts.ts"
import { OperatorError } from "../../src/errors.ts"

/** Loads settings, with the files that they may name; any other can't be read. */
export function loadWithFiles(
  environment: Environment,
  files: Readonly<Record<string, string | Uint8Array>> = {},
): Config {
  return loadConfig(environment, (path) => {
    const found = files[path]
    if (found !== undefined) return Buffer.from(found)
    throw Object.assign(new Error(`ENOENT: no such file, open '${path}'`), { code: "ENOENT" })
  })
}

/** The message of settings that can't be loaded. */
export function mistakeOf(
  environment: Environment,
  files?: Readonly<Record<string, string | Uint8Array>>,
): string {
  try {
    loadWithFiles(environment, files)
  } catch (error) {
    assert.ok(error instanceof OperatorError)
    assert.equal(error.exitCode, 78)
    assert.equal(error.hint, "Nothing was done. Correct the settings and try again.")
    return error.message
  }
  return assert.fail("These settings were taken")
}
