// The JSON store without files, for tests of what stands above it: its journal is written nowhere,
// or fails as on a full disk.

import { JsonStore } from "../../src/store/json/json_store.ts"
import { emptyTables } from "../../src/store/json/tables.ts"
import type { Store } from "../../src/store/store.ts"
import { type DiskFile, machineDisk } from "../../src/system/disk.ts"

/** The store and what can be done to it. */
export type MemoryStore = Store & {
  /** While true, every change fails as on a full disk. */
  full: boolean
  /** How many writes were asked for. */
  writes: number
}

/** Makes an empty store. */
export function createMemoryStore(): MemoryStore {
  const file = {} as DiskFile
  const held = { name: "test", file, identity: "test", length: 0, isTorn: false, bytes: null }
  const segment = { held, after: 0, entries: [], length: 0, tornBytes: 0 }
  const holding = {
    isInPlace: true,
    disk: machineDisk,
    async append() {
      store.writes += 1
      if (store.full) throw Object.assign(new Error("ENOSPC: made by a test"), { code: "ENOSPC" })
    },
    restart: async () => {},
    close: async () => {},
  }
  const parts = {
    covered: 0,
    snapshotBytes: 0,
    snapshotWrittenAt: 0,
    directory: "",
    bytesBetweenSnapshotsMin: Number.MAX_SAFE_INTEGER,
    holding,
    warn: () => {},
  }
  const store = Object.assign(new JsonStore(emptyTables(), [segment, segment], parts), {
    full: false,
    writes: 0,
  })
  return store
}
