// What a running service answers to `postern status`, over the control socket only.
//
//   {"command":"status"}
//   {"ok":true,"value":{"version":"0.1.0","startedAt":1795447800,"isReady":true,…}}

import type { ServiceToken } from "../domain/service_token.ts"

/** What the service is asked. */
export interface StatusCommand {
  readonly command: "status"
}

/** How a running service is. Instants are epoch seconds. */
export interface StatusAnswer {
  readonly version: string
  readonly startedAt: number
  readonly now: number
  /** Whether its store can be read and changed. */
  readonly isReady: boolean
  /** As a URL. */
  readonly listensAt: string
  /** Null while the store can't be read. */
  readonly content: {
    readonly users: number
    readonly sessions: number
    /** Users whom strangers are locked out of. */
    readonly lockedUsers: number
    readonly serviceTokens: number
    /** Those that have expired or will within 14 days, the first to expire first. */
    readonly expiringTokens: readonly Pick<ServiceToken, "name" | "expiresAt">[]
  } | null
  /** Who has to wait because of wrong passwords: clients, and clients or devices at one account. */
  readonly waiting: { readonly clients: number; readonly atAccounts: number }
  /** The keys that sign. Of a shared secret or a brought key, only the algorithm. */
  readonly keys: readonly {
    readonly kid: string | null
    readonly alg: string
    readonly state: string
    readonly publishedAt: number | null
    readonly signsFrom: number | null
  }[]
  /** Age at which a generated key is replaced; null for never. */
  readonly rotationSeconds: number | null
  /** Changes since the snapshot, and when that was written; null without files. */
  readonly journal: {
    readonly entriesSinceSnapshot: number
    readonly snapshotAt: number
    readonly snapshotFailures: number
  } | null
  /** Changes that failed, since the start. */
  readonly failedChanges: number
  /** Codes that could not be compared since the start: another key sealed the app's secret. */
  readonly lostFactorSecrets: number
  /** Audit lines that nobody read from the log, and that were dropped. */
  readonly lostAuditLines: number
  /** What the log said of proxies in a private network whose requests do not fit the settings. */
  readonly proxies: readonly { readonly address: string; readonly message: string }[]
  /** Warnings about its settings, as at its start. */
  readonly notices: readonly string[]
  /** How many users POSTERN_SEED_USERS names. */
  readonly seedUsers: number
  /** Whether POSTERN_STORE_SECRET_PREVIOUS is set. */
  readonly hasPreviousStoreSecret: boolean
  readonly auditFile: string | null
}
