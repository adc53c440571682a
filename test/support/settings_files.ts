// Settings without an environment or a disk.

import { type Config, type Environment, loadConfig } from "../../src/config.ts"

/** Loads settings, with the files that they may name; any other can't be read. */
export function loadWithFiles(
  environment: Environment,
  files: Readonly<Record<string, string>> = {},
): Config {
  return loadConfig(environment, (path) => {
    const found = files[path]
    if (found !== undefined) return found
    throw Object.assign(new Error(`ENOENT: no such file, open '${path}'`), { code: "ENOENT" })
  })
}
