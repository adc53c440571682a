// Opens the store that a URL names. The URL's scheme chooses the engine: a path or `file:` means
// the JSON engine, the only one so far.

import { fileURLToPath } from "node:url"
import { exitCodes, OperatorError } from "../errors.ts"
import { type JsonStoreOptions, openJsonStore } from "./json/open_json_store.ts"
import type { Store } from "./store.ts"

/**
 * Opens a store, or makes a new one where `mayMake` is not false.
 * @param url a directory's path, or `file:///…`
 * @throws OperatorError when no engine knows the scheme, or when the store can't be opened
 */
export async function openStore(
  url: string,
  options: Omit<JsonStoreOptions, "directory">,
): Promise<Store> {
  return openJsonStore({ directory: directoryOf(url), ...options })
}

function directoryOf(url: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase()
  if (scheme === undefined) return url
  try {
    if (scheme === "file") return fileURLToPath(url)
  } catch (cause) {
    throw new OperatorError(`'${url}' names no directory of this machine`, {
      hint: "Write the path alone, or file:///path/to/directory.",
      exitCode: exitCodes.badSettings,
      cause,
    })
  }
  throw new OperatorError(`Postern has no store for '${scheme}:' URLs`, {
    hint: "Name a directory: /var/lib/postern or file:///var/lib/postern.",
    exitCode: exitCodes.badSettings,
  })
}
