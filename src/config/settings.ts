// The settings: one table. The frozen Config (load.ts), `--help` and docs/configuration.md come
// from it.

import { resolve } from "node:path"
import { hashParametersMin } from "../password/phc.ts"
import { logLevels } from "../telemetry/log.ts"
import { accessTtlSecondsMax } from "../token/claims.ts"
import { issuer } from "./issuer.ts"
import { allowedHosts, corsOrigins, forwardedHeader, trustedProxies } from "./network.ts"
import {
  algorithm,
  claimName,
  claimNames,
  host,
  lifetime,
  oneOf,
  seedUsers,
  wholeNumber,
} from "./values.ts"

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
  /** Control characters that its text may have. */
  readonly mayHold?: string
}

const hour = 3600
const day = 24 * hour
const year = 365 * day

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
    parse: (path: string) => resolve(path),
    fallback: "./data",
    help: "Directory for users, sessions and keys; /data in the image. Only one process may use it.",
  },
  issuer: {
    name: "POSTERN_ISSUER",
    parse: issuer,
    fallback: null,
    shownDefault: "http://localhost:PORT",
    help: "Public address and `iss` of tokens: https, or http in a private network. No / at the end.",
  },
  audience: {
    name: "POSTERN_AUDIENCE",
    parse: claimName,
    fallback: null,
    shownDefault: "the issuer",
    help: "The `aud` of tokens: the service that they are for.",
  },
  trustedProxies: {
    name: "POSTERN_TRUSTED_PROXIES",
    parse: trustedProxies,
    fallback: null,
    shownDefault: "none",
    help: "Proxies whose forwarding header is trusted: comma-separated IPs or networks.",
  },
  forwardedHeader: {
    name: "POSTERN_FORWARDED_HEADER",
    parse: forwardedHeader,
    fallback: "X-Forwarded-For",
    help: "The header that trusted proxies write: X-Forwarded-For or Forwarded. The other is ignored.",
  },
  keepAliveSeconds: {
    name: "POSTERN_KEEP_ALIVE",
    parse: lifetime({ least: 1, most: hour }),
    fallback: "5",
    help: "How long an idle connection of a client stays open: seconds, or with a unit.",
  },
  proxyKeepAliveSeconds: {
    name: "POSTERN_PROXY_KEEP_ALIVE",
    parse: lifetime({ least: 1, most: hour }),
    fallback: "75",
    help: "The same for trusted proxies. Keep it longer than the proxy does: the proxy must close first.",
  },
  allowedHosts: {
    name: "POSTERN_ALLOWED_HOSTS",
    parse: allowedHosts,
    fallback: null,
    shownDefault: "any",
    help: "Host headers to accept, beside localhost: comma-separated, no port. No URL is ever built from Host.",
  },
  corsOrigins: {
    name: "POSTERN_CORS_ORIGINS",
    parse: corsOrigins,
    fallback: null,
    shownDefault: "none",
    help: "Origins whose scripts may read replies, comma-separated: https://app.example.org, capacitor://localhost.",
  },
  includeSubdomains: {
    name: "POSTERN_HSTS_INCLUDE_SUBDOMAINS",
    parse: oneOf(["on", "off"]),
    fallback: "off",
    help: "Whether browsers must use TLS for all names below the issuer's: on or off. Needs an https issuer.",
  },
  accessTtlSeconds: {
    name: "JWT_ACCESS_TOKEN_EXPIRES",
    parse: lifetime({ least: 1, most: accessTtlSecondsMax }),
    fallback: "15m",
    help: "Life of an access token: seconds, or with a unit (90s, 15m, 1h); at most 24h.",
  },
  refreshTtlSeconds: {
    name: "JWT_REFRESH_TOKEN_EXPIRES",
    parse: lifetime({ least: 1, most: year }),
    fallback: "14d",
    help: "A session ends when it was not refreshed for this long.",
  },
  sessionMaxAgeSeconds: {
    name: "POSTERN_SESSION_MAX_AGE",
    parse: lifetime({ least: 1, most: year }),
    fallback: "30d",
    help: "A session ends this long after its login, in any case.",
  },
  refreshGraceSeconds: {
    name: "POSTERN_REFRESH_GRACE",
    parse: lifetime({ least: 0, most: 300 }),
    fallback: "30",
    help: "How long a refresh token that was just used gets the same successor again; 0 for never.",
  },
  sessionsPerUser: {
    name: "POSTERN_SESSIONS_PER_USER",
    parse: wholeNumber(1, 1000),
    fallback: "50",
    help: "Sessions that a user may have. One more ends the oldest.",
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
    parse: String,
    fallback: null,
    help: "Shared secret, at least 32 bytes: tokens interchangeable with Flask-JWT-Extended's.",
    secret: true,
  },
  privateKey: {
    name: "JWT_PRIVATE_KEY",
    parse: String,
    fallback: null,
    shownDefault: "a generated key",
    help: "Private key to sign with, as PEM or JWK, instead of one generated in the data directory.",
    secret: true,
    mayHold: "\n\t",
  },
  keyRotationSeconds: {
    name: "POSTERN_KEY_ROTATION",
    parse: lifetime({ least: hour, most: 10 * year }),
    fallback: null,
    shownDefault: "never",
    help: "Age at which a generated key is replaced, such as 90d.",
  },
  leewaySeconds: {
    name: "JWT_DECODE_LEEWAY",
    parse: wholeNumber(0, 60),
    fallback: "0",
    help: "Seconds by which clocks may differ, at most 60: a token is accepted for that much longer.",
  },
  encodeIssuer: {
    name: "JWT_ENCODE_ISSUER",
    parse: claimName,
    fallback: null,
    shownDefault: "POSTERN_ISSUER",
    help: "With JWT_SECRET_KEY: the `iss` of tokens.",
  },
  decodeIssuer: {
    name: "JWT_DECODE_ISSUER",
    parse: claimNames,
    fallback: null,
    shownDefault: "JWT_ENCODE_ISSUER",
    help: "With JWT_SECRET_KEY: the `iss` to accept; comma-separated.",
  },
  encodeAudience: {
    name: "JWT_ENCODE_AUDIENCE",
    parse: claimNames,
    fallback: null,
    shownDefault: "POSTERN_AUDIENCE",
    help: "With JWT_SECRET_KEY: the `aud` of tokens; comma-separated.",
  },
  decodeAudience: {
    name: "JWT_DECODE_AUDIENCE",
    parse: claimNames,
    fallback: null,
    shownDefault: "JWT_ENCODE_AUDIENCE",
    help: "With JWT_SECRET_KEY: the `aud` to accept, any of a comma-separated list.",
  },
  registration: {
    name: "POSTERN_REGISTRATION",
    parse: oneOf(["closed", "open"]),
    fallback: "closed",
    help: "Whether people may create their own account at POST /register: closed or open.",
  },
  seedUsers: {
    name: "POSTERN_SEED_USERS",
    parse: seedUsers,
    fallback: null,
    help: "Users for a store that never had one: name:password, with commas or one a line. Only for trying out.",
    secret: true,
    mayHold: "\n",
  },
  hashMemoryKib: {
    name: "POSTERN_HASH_MEMORY",
    parse: wholeNumber(hashParametersMin.memoryKib, 4_194_304),
    fallback: String(hashParametersMin.memoryKib),
    help: "Memory of a password hash in KiB. Older hashes are replaced at each user's next login.",
  },
  hashPasses: {
    name: "POSTERN_HASH_PASSES",
    parse: wholeNumber(hashParametersMin.passes, 100),
    fallback: String(hashParametersMin.passes),
    help: "Passes of a password hash over its memory.",
  },
  auditFile: {
    name: "POSTERN_AUDIT_FILE",
    parse: (path: string) => resolve(path),
    fallback: null,
    help: "File that gets the audit trail, too; in the image, a file below /data.",
  },
  logLevel: {
    name: "POSTERN_LOG_LEVEL",
    parse: oneOf(logLevels),
    fallback: "info",
    help: "Lowest level to log: debug, info, warn or error.",
  },
} as const satisfies Record<string, Setting>

type Table = typeof settings

/** The parsed value of each setting; null where it is absent and has no fallback. */
export type SettingValues = {
  readonly [K in keyof Table]:
    | ReturnType<Table[K]["parse"]>
    | (Table[K]["fallback"] extends null ? null : never)
}

/** The values while mistakes are collected: one that could not be read is missing. */
export type ReadableValues = Partial<SettingValues>

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
