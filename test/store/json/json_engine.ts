// The JSON store, on a real disk, as an engine for the suite of all engines.

import assert from "node:assert/strict"
import { openJsonStore } from "../../../src/store/json/open_json_store.ts"
import { machineDisk } from "../../../src/system/disk.ts"
import { temporaryDirectory } from "../../support/temporary_directory.ts"
import type { OpenStore } from "./opened_store.ts"

/** Opens stores that take a snapshot after so many bytes. */
export function jsonEngine(bytesBetweenSnapshotsMin: number): OpenStore {
  return async (t) => {
    // Closed before the directory is removed: hooks run in the order of their registration.
    t.after(() => store.close())
    const directory = temporaryDirectory(t)
    const warn = (event: string, message: string) => assert.fail(`${event}: ${message}`)
    const options = { directory, disk: machineDisk, warn, bytesBetweenSnapshotsMin }
    let store = await openJsonStore(options)
    return {
      store,
      async reopen() {
        await store.close()
        store = await openJsonStore(options)
        return store
      },
    }
  }
}
