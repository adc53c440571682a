// Composes a deployment from its settings: the store, and the use cases over it. Commands need no
// more when no service runs; it is the first half of a service.

import { basename, dirname, resolve } from "node:path"
import type { FactorCommands, LinkCommands } from "./admin/admin_command.ts"
import { controlSocketName } from "./admin/socket.ts"
import { type Clock, createClock, systemClock } from "./clock.ts"
import type { Config } from "./config/load.ts"
import type { FactorRequirement } from "./domain/factor_requirement.ts"
import { exitCodes, OperatorError, Unavailable } from "./errors.ts"
import { createPasswordHasher, type PasswordHasher, tryHash } from "./password/hash.ts"
import { createHashingLane, type HashingLane } from "./password/hashing_lane.ts"
import { Accounts } from "./service/accounts.ts"
import type { LinkParts } from "./service/browser/links.ts"
import type { RecentLogins } from "./service/browser/recent_logins.ts"
import { DeviceTrust } from "./service/device_trust.ts"
import type { OperatorFactorParts } from "./service/factors/operator_factors.ts"
import type { Keys } from "./service/keys.ts"
import { LoginGuard } from "./service/login_guard.ts"
import type { LongAnswers } from "./service/long_answers.ts"
import { openKeys } from "./service/open_keys.ts"
import { ServiceTokens } from "./service/service_tokens.ts"
import { SessionStart } from "./service/session_start.ts"
import { createRevocationWindow } from "./service/session_tokens.ts"
import { type DataDirectory, findDataDirectory, storeFileNames } from "./store/data_directory.ts"
import { openStore } from "./store/open_store.ts"
import type { RevocationWindow, Store } from "./store/store.ts"
import { machineDisk } from "./system/disk.ts"
import { fileFailure } from "./system/failure.ts"
import { secureFile } from "./system/private_files.ts"
import { type Audit, type AuditFile, createAudit, openAuditFile } from "./telemetry/audit.ts"
import { createSummingAudit, type SummingAudit } from "./telemetry/audit_summary.ts"
import type { Log } from "./telemetry/log.ts"

/** The use cases around users and keys. */
export interface Deployment {
  /** Where it is. */
  readonly directory: string
  /** True when it was made just now. */
  readonly isNew: boolean
  readonly accounts: Accounts
  readonly keys: Keys
  /** Makes links for users; null when the browser wing is off. */
  readonly links: LinkCommands | null
  /** Shows and removes the second factors of users. */
  readonly factorCommands: FactorCommands
  /** Makes, lists and revokes service tokens, and finds the machine of one. */
  readonly serviceTokens: ServiceTokens
  /** Loads the commands whose answer is as long as the store. */
  readonly longAnswers: () => Promise<LongAnswers>
  /** What the account page shows of the past; null in a command, or when the wing is off. */
  readonly recentLogins: RecentLogins | null
  readonly store: Store
  readonly hasher: PasswordHasher
  readonly clock: Clock
  readonly audit: Audit
  /** The lane in which passwords are hashed. */
  readonly lane: HashingLane
  /** The file of the audit trail; null when there is none. */
  readonly auditFile: AuditFile | null
  /** Starts sessions. */
  readonly starts: SessionStart
  /** The times that decide how a session ends now. */
  readonly windowNow: () => RevocationWindow
  /** Who must have a second factor. */
  readonly requirement: FactorRequirement
  /** How often the secret of an authenticator app did not open. */
  readonly lostSecrets: { count: number }
  /** Devices on which logins ask for no second factor. */
  readonly trust: DeviceTrust
  /** Writes what the audit trail counted in the last minute; call it from time to time. */
  readonly summarizeAudit: () => void
  /** Closes the store and ends the audit trail. */
  close(): Promise<void>
}

interface ComposeOptions {
  readonly isService: boolean
  readonly mayMake: boolean
  /** Gets the events of the audit trail, too. */
  readonly hear?: Audit | null
}

/**
 * Opens the store and composes the use cases. A service sends the audit trail to the log as well as
 * to its file, and holds the data directory. Without `mayMake` a directory that has no deployment
 * is refused.
 * @throws OperatorError when the store or the keys can't be opened, or without memory for a hash
 */
export async function compose(
  config: Config,
  log: Log,
  { isService, mayMake, hear = null }: ComposeOptions,
): Promise<Deployment> {
  const hasRoomToHash = assertRoomToHash(config)
  // The hash is tried beside everything else. A start that is refused for it may have made the
  // store and the keys, like every start that is refused later.
  hasRoomToHash.catch(() => {})
  const warn = (event: string, message: string) => log.warn(event, { message })
  const alarm = (event: string, message: string) => log.error(event, { message })
  const { accessTtlSeconds, leewaySeconds } = config.claims
  const place = await findDataDirectory(config.dataDirectory, machineDisk)
  const { path: directory, name } = place
  const { store, isNew } = await openStore({
    ...{ directory, name, disk: machineDisk, warn, alarm, mayMake, isService },
    database: config.database,
  })
  let file: AuditFile | null = null
  let trail: SummingAudit | null = null
  let recentLogins: RecentLogins | null = null
  try {
    const clock = createClock(await store.sessions.lastUse())
    // After the store, which makes and owns the directory that the file may be in.
    file = await openAudit(config.auditFile, place, log)
    // Services over the same database don't see what a command does, so it prints its audit lines.
    const writesToLog = isService || config.database !== null
    const write = createAudit({ log: writesToLog ? log : null, file, clock })
    trail = createSummingAudit(write, clock.steady)
    const { summarize: summarizeAudit } = trail
    recentLogins = isService ? await recentLoginsOf(config, { store, clock }) : null
    const audit = withListeners(trail.audit, [hear, recentLogins?.note ?? null])
    const keys = await openKeys({
      ...{ signing: config.signing, store, clock, audit, warn, accessTtlSeconds, leewaySeconds },
      rotationSeconds: config.keyRotationSeconds,
    })
    const lane = createHashingLane({ width: config.hashesAtATime })
    const hasher = createPasswordHasher(lane, config.hashParameters)
    const parts = { store, hasher, clock, audit }
    const useCases = useCasesOf(config, { ...parts, keys })
    const links = await linksOf(config, { ...parts, keys })
    await hasRoomToHash
    const longAnswers = async () =>
      (await import("./service/long_answers.ts")).createLongAnswers({ store, clock, audit })
    const wing = { longAnswers, links, recentLogins, lane, auditFile: file }
    return { ...parts, ...wing, ...useCases, directory, isNew, keys, summarizeAudit, close }
  } catch (error) {
    await close()
    throw config.database === null ? keysFailure(error, directory) : error
  }

  async function close(): Promise<void> {
    // What can't be written any more is lost: no decision hangs on it.
    await recentLogins?.flush().catch(() => {})
    await store.close()
    trail?.close()
    await file?.close()
  }
}

type UseCase =
  | ("accounts" | "starts" | "windowNow" | "factorCommands" | "serviceTokens")
  | ("requirement" | "trust" | "lostSecrets")

function useCasesOf(
  { claims, sessions, hashesAtATime, requirement, trustSeconds }: Config,
  { keys, ...parts }: Pick<Deployment, "store" | "hasher" | "clock" | "audit" | "keys">,
): Pick<Deployment, UseCase> {
  const trust = new DeviceTrust({ ...parts, keys, trustSeconds })
  const windowNow = createRevocationWindow(parts.clock, { ...claims, ...sessions })
  const guard = new LoginGuard({ ...parts, hashesAtATime, seconds: parts.clock.steady })
  const shared = { ...parts, keys, requirement, trust, windowNow }
  const accounts = new Accounts({ ...shared, guard })
  return {
    ...{ requirement, trust, windowNow, lostSecrets: { count: 0 } },
    accounts,
    starts: new SessionStart({ ...shared, accounts, settings: sessions }),
    factorCommands: lateFactorCommands(shared),
    serviceTokens: new ServiceTokens(parts),
  }
}

/** The commands for second factors, which are loaded when one is used. */
function lateFactorCommands(parts: OperatorFactorParts): FactorCommands {
  const load = async () => {
    const { createFactorCommands } = await import("./service/factors/operator_factors.ts")
    return createFactorCommands(parts)
  }
  return {
    list: async (username) => (await load()).list(username),
    reset: async (...reset) => (await load()).reset(...reset),
  }
}

/** Collects the recent logins for the account page; null when the browser wing is off. */
async function recentLoginsOf(
  { browser }: Config,
  parts: Pick<Deployment, "store" | "clock">,
): Promise<RecentLogins | null> {
  if (browser === null) return null
  return (await import("./service/browser/recent_logins.ts")).createRecentLogins(parts)
}

/** The audit trail, whose events listeners get, too. */
function withListeners(audit: Audit, others: readonly (Audit | null)[]): Audit {
  const listeners = others.filter((one) => one !== null)
  if (listeners.length === 0) return audit
  return (event, fields) => {
    audit(event, fields)
    for (const hear of listeners) hear(event, fields)
  }
}

/** The part of the browser wing that commands use; null when the wing is off. */
async function linksOf({ browser, publicAddress }: Config, parts: LinkParts) {
  if (browser === null || publicAddress === undefined) return null
  const { createLinkMaker } = await import("./service/browser/links.ts")
  return createLinkMaker({ ...parts, publicAddress })
}

function keysFailure(error: unknown, directory: string): unknown {
  const cause = (error instanceof Unavailable && error.cause) || error
  return fileFailure(cause, {
    message: `The keys in '${directory}' can't be read or written`,
    setting: "POSTERN_DATA_DIR",
    exitCode: exitCodes.damagedData,
  })
}

async function openAudit(
  path: string | null,
  directory: DataDirectory,
  log: Log,
): Promise<AuditFile | null> {
  if (path === null) return null
  const isBesideStore = [directory.path, directory.name].includes(dirname(resolve(path)))
  if (isBesideStore && [...storeFileNames, controlSocketName].includes(basename(path))) {
    throw new OperatorError(`POSTERN_AUDIT_FILE can't be '${path}', which holds other data`, {
      hint: "Name a file of its own, such as audit.jsonl.",
      exitCode: exitCodes.badSettings,
    })
  }
  try {
    const repaired = await secureFile(path, machineDisk)
    if (repaired !== null) log.warn("audit.mode_repaired", { message: repaired })
    // A path that can't be written is found now, not when the first event is lost.
    await machineDisk.append(path, Buffer.alloc(0))
  } catch (error) {
    if (error instanceof OperatorError) throw notAuditFile(error)
    throw fileFailure(error, {
      message: `The audit trail can't be written to '${path}'`,
      setting: "POSTERN_AUDIT_FILE",
      exitCode: exitCodes.badSettings,
    })
  }
  const warn = (reason: string) => log.error("audit.failed", { path, reason })
  return openAuditFile(path, machineDisk, { warn, clock: systemClock })
}

/** The same error, named by the setting that chose the path. */
function notAuditFile(cause: OperatorError): OperatorError {
  return new OperatorError(`POSTERN_AUDIT_FILE can't be used: ${cause.message}`, {
    hint: "Set it to a file of the user that Postern runs as; one that is not there is made.",
    exitCode: cause.exitCode,
    cause,
  })
}

// At the start, not at the first login. The hash runs on another thread while this one opens the
// store.
async function assertRoomToHash({ hashParameters }: Config): Promise<void> {
  try {
    await tryHash(hashParameters)
  } catch (cause) {
    const { memoryKib } = hashParameters
    throw new OperatorError(`No password can be hashed with ${memoryKib} KiB of memory`, {
      hint: "Lower POSTERN_HASH_MEMORY, or give the process more memory.",
      exitCode: exitCodes.badSettings,
      cause,
    })
  }
}
