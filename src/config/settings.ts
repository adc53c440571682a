// The settings: one table. The frozen Config (load.ts), `--help` and docs/configuration.md come
// from it.

import { resolve } from "node:path"
import { hashParametersMin } from "../password/phc.ts"
import { logLevels } from "../telemetry/log.ts"
import { accessTtlSecondsMax } from "../token/claims.ts"
import { issuer } from "./issuer.ts"
import { allowedHosts, corsOrigins, forwardedHeader, trustedProxies } from "./network.ts"
import { mayBeFile, type Setting } from "./setting.ts"
import { storeSettings } from "./store_settings.ts"
import {
  algorithm,
  claimName,
  claimNames,
  duration,
  host,
  oneOf,
  seedUsers,
  wholeNumber,
} from "./values.ts"
import { browserSettings, factorSettings, metricsSettings } from "./wing_settings.ts"

const hour = 3600
const day = 24 * hour
const year = 365 * day

/** Every setting there is. */
export const settings = {
  host: {
    name: "POSTERN_HOST",
    parse: host,
    fallback: "127.0.0.1",
    help: "Address to listen on. In the image: 0.0.0.0.",
  },
  port: {
    name: "POSTERN_PORT",
    parse: wholeNumber(0, 65_535),
    fallback: "8080",
    help: "Port to listen on; 0 picks a free one.",
  },
  ...storeSettings,
  issuer: {
    name: "POSTERN_ISSUER",
    parse: issuer,
    fallback: null,
    shownDefault: "http://localhost:PORT",
    help: "Public URL of this service, and `iss` of tokens: https, or http in a private network. No / at the end.",
  },
  audience: {
    name: "POSTERN_AUDIENCE",
    parse: claimName,
    fallback: null,
    shownDefault: "the issuer",
    help: "The `aud` of tokens: the service that accepts them.",
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
    parse: duration({ least: 1, most: hour }),
    fallback: "5",
    help: "How long an idle client connection stays open, in seconds or with a unit (90s, 5m).",
  },
  proxyKeepAliveSeconds: {
    name: "POSTERN_PROXY_KEEP_ALIVE",
    parse: duration({ least: 1, most: hour }),
    fallback: "75",
    help: "The same for trusted proxies. Set it longer than the proxy's own limit: the proxy must close first.",
  },
  allowedHosts: {
    name: "POSTERN_ALLOWED_HOSTS",
    parse: allowedHosts,
    fallback: null,
    shownDefault: "any",
    help: "Accept only these Host headers, and localhost: comma-separated, no port. No URL is built from Host.",
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
    help: "Whether browsers must use TLS for the issuer's subdomains too: on or off. Needs an https issuer.",
  },
  accessTtlSeconds: {
    name: "JWT_ACCESS_TOKEN_EXPIRES",
    parse: duration({ least: 1, most: accessTtlSecondsMax }),
    fallback: "15m",
    help: "Lifetime of an access token, in seconds or with a unit (90s, 15m, 1h); at most 24h.",
  },
  refreshTtlSeconds: {
    name: "JWT_REFRESH_TOKEN_EXPIRES",
    parse: duration({ least: 1, most: year }),
    fallback: "14d",
    help: "A session ends after this long without a refresh: seconds, or with a unit (12h, 14d).",
  },
  sessionMaxAgeSeconds: {
    name: "POSTERN_SESSION_MAX_AGE",
    parse: duration({ least: 1, most: year }),
    fallback: "30d",
    help: "A session ends this long after login, even if it is refreshed: seconds, or with a unit (12h, 30d).",
  },
  refreshGraceSeconds: {
    name: "POSTERN_REFRESH_GRACE",
    parse: duration({ least: 0, most: 300 }),
    fallback: "30",
    help: "For how many seconds a used refresh token still returns the same new token (lost replies); 0 for none.",
  },
  sessionsPerUser: {
    name: "POSTERN_SESSIONS_PER_USER",
    parse: wholeNumber(1, 1000),
    fallback: "50",
    help: "Most sessions that a user may have. One more login ends the oldest.",
  },
  algorithm: {
    name: "JWT_ALGORITHM",
    parse: algorithm,
    fallback: null,
    shownDefault: "ES256",
    help: "Signature: ES256, EdDSA, PS256 or RS256. With JWT_SECRET_KEY: HS256 (then the default), HS384, HS512.",
  },
  secretKey: {
    name: "JWT_SECRET_KEY",
    parse: String,
    fallback: null,
    help: "Shared secret, at least 32 bytes. Postern and Flask-JWT-Extended then accept each other's tokens.",
    secret: true,
  },
  previousSecretKey: {
    name: "JWT_SECRET_KEY_PREVIOUS",
    parse: String,
    fallback: null,
    help: "The shared secret before JWT_SECRET_KEY: its tokens are accepted. Unset it when they have expired.",
    secret: true,
  },
  privateKey: {
    name: "JWT_PRIVATE_KEY",
    parse: String,
    fallback: null,
    shownDefault: "a generated key",
    help: "Private key that signs tokens, as PEM or JWK. Without it Postern generates one.",
    secret: true,
    mayHold: "\n\t",
  },
  keyRotationSeconds: {
    name: "POSTERN_KEY_ROTATION",
    parse: duration({ least: hour, most: 10 * year }),
    fallback: null,
    shownDefault: "never",
    help: "Age at which a generated key is replaced: seconds, or with a unit, such as 90d.",
  },
  leewaySeconds: {
    name: "JWT_DECODE_LEEWAY",
    parse: wholeNumber(0, 60),
    fallback: "0",
    help: "Seconds by which other machines' clocks may differ, at most 60. Tokens are accepted that much longer.",
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
    help: "Who may create an account at POST /register: with open anybody, with closed nobody.",
  },
  ...factorSettings,
  adminApi: {
    name: "POSTERN_ADMIN_API",
    parse: oneOf(["on", "off"]),
    fallback: "off",
    help: "Whether users with the role admin may manage users and keys over HTTP, below /admin: on or off.",
  },
  ...browserSettings,
  seedUsers: {
    name: "POSTERN_SEED_USERS",
    parse: seedUsers,
    fallback: null,
    help: "First users of a new store, only to try it out: name:password, comma-separated or one per line.",
    secret: true,
    mayHold: "\n",
  },
  hashMemoryKib: {
    name: "POSTERN_HASH_MEMORY",
    parse: wholeNumber(hashParametersMin.memoryKib, 4_194_304),
    fallback: String(hashParametersMin.memoryKib),
    help: "Memory of one password hash in KiB. Older hashes are replaced at the user's next login.",
  },
  hashPasses: {
    name: "POSTERN_HASH_PASSES",
    parse: wholeNumber(hashParametersMin.passes, 100),
    fallback: String(hashParametersMin.passes),
    help: "How many times a password hash goes over its memory.",
  },
  auditFile: {
    name: "POSTERN_AUDIT_FILE",
    parse: (path: string) => resolve(path),
    fallback: null,
    help: "File to which the audit trail is written as well as to the log. In the image: a file below /data.",
  },
  logLevel: {
    name: "POSTERN_LOG_LEVEL",
    parse: oneOf(logLevels),
    fallback: "info",
    help: "Lowest level to log: debug, info, warn or error.",
  },
  ...metricsSettings,
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

/** Names under which a setting, or the file of one, may stand. */
export const settingNames: readonly string[] = settingRows.flatMap(([, setting]) =>
  mayBeFile(setting) ? [setting.name, `${setting.name}_FILE`] : [setting.name],
)

/** Names that hold secrets and should leave the environment once read. */
export const secretNames: readonly string[] = settingRows
  .filter(([, { secret }]) => secret)
  .map(([, { name }]) => name)
