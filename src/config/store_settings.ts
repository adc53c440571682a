// The settings that say where the store is: the part of the table (settings.ts) that is about data.

import { resolve } from "node:path"
import type { Setting } from "./setting.ts"
import { storeLocation } from "./store_url.ts"
import { duration } from "./values.ts"

/** The settings of the store. */
export const storeSettings = {
  dataDirectory: {
    name: "POSTERN_DATA_DIR",
    parse: (path: string) => resolve(path),
    fallback: "./data",
    help: "Directory for users, sessions and keys, used by one process at a time. In the image: /data.",
  },
  store: {
    name: "POSTERN_STORE",
    parse: storeLocation,
    fallback: null,
    shownDefault: "POSTERN_DATA_DIR",
    help: "Where users, sessions and keys are: a directory, or postgres://USER:PASSWORD@HOST/DATABASE for replicas.",
    secret: true,
  },
  storeAuthority: {
    name: "POSTERN_STORE_CA",
    parse: (path: string) => resolve(path),
    fallback: null,
    shownDefault: "Node's authorities",
    help: "With PostgreSQL: PEM file of the authorities that may sign the server's certificate.",
  },
  storeSecret: {
    name: "POSTERN_STORE_SECRET",
    parse: String,
    fallback: null,
    help: "With PostgreSQL: encrypts the keys there. At least 32 bytes; the same for each replica.",
    secret: true,
  },
  previousStoreSecret: {
    name: "POSTERN_STORE_SECRET_PREVIOUS",
    parse: String,
    fallback: null,
    help: "The secret before POSTERN_STORE_SECRET. Keys that it encrypts are read, and encrypted again.",
    secret: true,
  },
  stalenessSeconds: {
    name: "POSTERN_STALENESS",
    parse: duration({ least: 0, most: 60 }),
    fallback: "0",
    help: "With PostgreSQL: for how long a logout elsewhere may go unnoticed, at most 60 s; 0 for no time.",
  },
} as const satisfies Record<string, Setting>
