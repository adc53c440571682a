// The JSON store on a disk that fails as it is told.

import type { TestContext } from "node:test"
import { openJsonStore } from "../../../src/store/json/open_json_store.ts"
import type { Store } from "../../../src/store/store.ts"
import { createFaultyDisk, type FaultyDisk, type Files } from "../../support/faulty_disk.ts"
import { temporaryDirectory } from "../../support/temporary_directory.ts"

/** A store, its disk, and the events it warned of. */
export interface FaultyStore {
  readonly store: Store
  readonly disk: FaultyDisk
  readonly warnings: string[]
  /** Closes the store and opens another from what is on its disk. */
  reopen(): Promise<Store>
}

/** Opens a store on a disk that holds `files`; it is closed when the test ends. */
export async function openFaulty(
  t: TestContext,
  {
    files,
    bytesBetweenSnapshotsMin = 4 * 1024 * 1024,
  }: { readonly files?: Files; readonly bytesBetweenSnapshotsMin?: number } = {},
): Promise<FaultyStore> {
  const disk = createFaultyDisk(files)
  const warnings: string[] = []
  const warn = (event: string) => void warnings.push(event)
  // Closed before the directory is removed: hooks run in the order of their registration.
  let store: Store | null = null
  t.after(() => {
    disk.fail()
    return store?.close()
  })
  const directory = temporaryDirectory(t)
  const options = { directory, disk, warn, bytesBetweenSnapshotsMin }
  const first = await openJsonStore(options)
  store = first
  return {
    store: first,
    disk,
    warnings,
    async reopen() {
      await store?.close()
      const next = await openJsonStore(options)
      store = next
      return next
    },
  }
}
