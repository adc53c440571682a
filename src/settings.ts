// The settings: one table, from which come the frozen Config (config.ts), `--help`, and the
// README's table.

import {
  accessLifetime,
  algorithm,
  audience,
  directory,
  host,
  issuer,
  logLevel,
  seedUsers,
  text,
  wholeNumber,
} from "./config_values.ts"
import { hashParametersMin } from "./password/phc.ts"

/** A row of the table. */
export interface Setting<T = unknown> {
  readonly name: string
  readonly parse: (value: string) => T
  /** The text taken when the setting is absent; null when there is none. */
  readonly fallback: string | null
  /** What documents show as the default. */
  readonly shownDefault?: string
  readonly help: string
  /** Never shown, may come from the file that NAME_FILE names, and leaves `process.env` once read. */
  readonly secret?: true
}

/** Every setting there is. */
export const settings = {
  host: {
    name: "POSTERN_HOST",
    parse: host,
    fallback: "127.0.0.1",
    help: "Address to listen at; 0.0.0.0 in the image.",
  },
  port: {
    name: "POSTERN_PORT",
    parse: wholeNumber(0, 65_535),
    fallback: "8080",
    help: "Port to listen at; 0 takes a free one.",
  },
  dataDirectory: {
    name: "POSTERN_DATA_DIR",
    parse: directory,
    fallback: "./data",
    help: "Directory of the users and keys; /data in the image. One process at a time.",
  },
  issuer: {
    name: "POSTERN_ISSUER",
    parse: issuer,
    fallback: null,
    shownDefault: "http://localhost:PORT",
    help: "Public address, the `iss` of tokens: https, or http on localhost.",
  },
  audience: {
    name: "POSTERN_AUDIENCE",
    parse: audience,
    fallback: null,
    shownDefault: "the issuer",
    help: "Whom tokens are for, their `aud`.",
  },
  accessTtlSeconds: {
    name: "JWT_ACCESS_TOKEN_EXPIRES",
    parse: accessLifetime,
    fallback: "15m",
    help: "Life of an access token: seconds, or with a unit (90s, 15m, 1h); at most 24h.",
  },
  algorithm: {
    name: "JWT_ALGORITHM",
    parse: algorithm,
    fallback: null,
    shownDefault: "ES256",
    help: "ES256, EdDSA, PS256 or RS256. With JWT_SECRET_KEY: HS256 (then the default), HS384, HS512.",
  },
  secretKey: {
    name: "JWT_SECRET_KEY",
    parse: text,
    fallback: null,
    help: "Shared secret, at least 32 bytes: tokens interchangeable with Flask-JWT-Extended's.",
    secret: true,
  },
  privateKey: {
    name: "JWT_PRIVATE_KEY",
    parse: text,
    fallback: null,
    shownDefault: "a generated key",
    help: "Private key to sign with, as PEM or JWK, instead of one generated in the data directory.",
    secret: true,
  },
  seedUsers: {
    name: "POSTERN_SEED_USERS",
    parse: seedUsers,
    fallback: null,
    help: "Users for an empty store, name:password,name:password. For trying out only.",
    secret: true,
  },
  hashMemoryKib: {
    name: "POSTERN_HASH_MEMORY",
    parse: wholeNumber(hashParametersMin.memoryKib, 4_194_304),
    fallback: String(hashParametersMin.memoryKib),
    help: "Memory of a password hash in KiB. Raised, it takes effect at each user's next login.",
  },
  hashPasses: {
    name: "POSTERN_HASH_PASSES",
    parse: wholeNumber(hashParametersMin.passes, 100),
    fallback: String(hashParametersMin.passes),
    help: "Passes of a password hash over its memory.",
  },
  logLevel: {
    name: "POSTERN_LOG_LEVEL",
    parse: logLevel,
    fallback: "info",
    help: "Least level to log: debug, info, warn or error.",
  },
} as const satisfies Record<string, Setting>

/** The parsed value of each setting, null where it is absent. */
export type SettingValues = {
  readonly [K in keyof typeof settings]: ReturnType<(typeof settings)[K]["parse"]> | null
}

/** The table's rows. */
export const settingRows = Object.entries(settings) as readonly [keyof SettingValues, Setting][]

/** Names under which a setting, or the file of a secret one, may stand. */
export const settingNames: readonly string[] = settingRows.flatMap(([, { name, secret }]) =>
  secret ? [name, `${name}_FILE`] : [name],
)

/** Names that hold secrets and should leave the environment once read. */
export const secretNames: readonly string[] = settingRows
  .filter(([, { secret }]) => secret)
  .map(([, { name }]) => name)
