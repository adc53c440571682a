// Opens the data directory, its store and its keys, and the use cases over them: all that commands
// need when no service runs, and the first half of a service.

import { basename, dirname, join, resolve } from "node:path"
import { controlSocketName } from "./admin/socket.ts"
import { steadySeconds, systemClock } from "./clock.ts"
import type { Config } from "./config/load.ts"
import { exitCodes, OperatorError } from "./errors.ts"
import { createPasswordHasher, type PasswordHasher, tryHash } from "./password/hash.ts"
import { createHashingLane } from "./password/hashing_lane.ts"
import { type Accounts, createAccounts } from "./service/accounts.ts"
import { type Keys, openKeys } from "./service/keys.ts"
import { createLoginGuard } from "./service/login_guard.ts"
import { createEnding } from "./service/session_tokens.ts"
import {
  companionNames,
  type DataDirectory,
  findDataDirectory,
  isDeployed,
  keyFileName,
} from "./store/data_directory.ts"
import { journalNames } from "./store/json/journal.ts"
import { lockFileName } from "./store/json/lock_file.ts"
import { openJsonStore } from "./store/json/open_json_store.ts"
import { snapshotName } from "./store/json/snapshot.ts"
import type { Store } from "./store/store.ts"
import { machineDisk } from "./system/disk.ts"
import { fileFailure } from "./system/failure.ts"
import { secureFile } from "./system/private_files.ts"
import { type Audit, type AuditFile, createAudit, openAuditFile } from "./telemetry/audit.ts"
import { createSummingAudit, type SummingAudit } from "./telemetry/audit_summary.ts"
import type { Log } from "./telemetry/log.ts"

/** Files that are not the audit trail's to write to. */
const ownNames: readonly string[] = [
  ...[snapshotName, ...journalNames, ...companionNames],
  ...[lockFileName, controlSocketName],
]

/** The use cases around users and keys. */
export interface OpenedDeployment {
  /** Where it is. */
  readonly directory: string
  /** True when it was made just now. */
  readonly isNew: boolean
  readonly accounts: Accounts
  readonly keys: Keys
  readonly store: Store
  readonly hasher: PasswordHasher
  readonly audit: Audit
  /** Writes what the audit trail counted in the last minute; to be called from time to time. */
  readonly summarizeAudit: () => void
  /** Closes the store and ends the audit trail. */
  close(): Promise<void>
}

/**
 * Opens them. With `auditToLog` the audit trail goes to the log as well as to its file; with
 * `mayMake` they are made where there are none, which else is refused.
 * @throws OperatorError when the store or the keys can't be had, or memory for a hash
 */
export async function openDeployment(
  config: Config,
  log: Log,
  { auditToLog, mayMake }: { readonly auditToLog: boolean; readonly mayMake: boolean },
): Promise<OpenedDeployment> {
  const hasRoomToHash = assertRoomToHash(config)
  // Awaited beside everything else, unless that fails first and is what is told. So a start that is
  // refused for that may have made store and keys, as any that is refused later.
  hasRoomToHash.catch(() => {})
  const warn = (event: string, message: string) => log.warn(event, { message })
  const { claims, sessions } = config
  const { accessTtlSeconds, leewaySeconds } = claims
  const clock = systemClock
  const place = await findDataDirectory(config.dataDirectory, machineDisk)
  const { path: directory, name } = place
  const isNew = !(await isDeployed(directory, machineDisk))
  const alarm = (event: string, message: string) => log.error(event, { message })
  const store = await openJsonStore({
    ...{ directory, name, disk: machineDisk, warn, alarm, mayMake },
    companions: companionNames,
  })
  let file: AuditFile | null = null
  let trail: SummingAudit | null = null
  try {
    // Not before: the file may be in the directory, which the store has made and owns.
    file = await openAudit(config.auditFile, place, log)
    const write = createAudit({ log: auditToLog ? log : null, file, clock })
    trail = createSummingAudit(write, () => steadySeconds(clock))
    const { audit, summarize: summarizeAudit } = trail
    await warnOfLostKeys(directory, store, log)
    const keys = await openKeys(config.signing, {
      ...{ directory, disk: store.disk, clock, audit, warn },
      ...{ accessTtlSeconds, leewaySeconds, rotationSeconds: config.keyRotationSeconds },
    })
    const endingNow = createEnding(clock, { ...claims, ...sessions })
    const { hashesAtATime, hashParameters } = config
    const hasher = createPasswordHasher(createHashingLane({ width: hashesAtATime }), hashParameters)
    const seconds = () => steadySeconds(clock)
    const guard = createLoginGuard({ store, hasher, audit, hashesAtATime, seconds })
    const accounts = createAccounts({
      ...{ store, hasher, clock, audit, endingNow, guard },
      deviceKey: keys.refreshKey,
    })
    await hasRoomToHash
    return { directory, isNew, accounts, keys, store, hasher, audit, summarizeAudit, close }
  } catch (error) {
    await close()
    throw fileFailure(error, {
      message: `The keys in '${directory}' can't be read or written`,
      setting: "POSTERN_DATA_DIR",
      exitCode: exitCodes.damagedData,
    })
  }

  async function close(): Promise<void> {
    await store.close()
    trail?.close()
    await file?.close()
  }
}

// They may be in the backup that the store was restored from, and be put there after all.
async function warnOfLostKeys(directory: string, store: Store, log: Log): Promise<void> {
  const path = join(directory, keyFileName)
  const isThere = (await machineDisk.inspect(path)) !== null
  if (isThere || (await store.countUsers()) === 0) return
  const found = `'${path}' is missing beside a store that is in use`
  const message = `${found}: new keys are made, and everybody has to log in again`
  log.warn("keys.missing", { message })
}

async function openAudit(
  path: string | null,
  directory: DataDirectory,
  log: Log,
): Promise<AuditFile | null> {
  if (path === null) return null
  const isBesideStore = [directory.path, directory.name].includes(dirname(resolve(path)))
  if (isBesideStore && ownNames.includes(basename(path))) {
    throw new OperatorError(`POSTERN_AUDIT_FILE can't be '${path}', which holds other data`, {
      hint: "Name a file of its own, such as audit.jsonl.",
      exitCode: exitCodes.badSettings,
    })
  }
  try {
    const repaired = await secureFile(path, machineDisk)
    if (repaired !== null) log.warn("audit.mode_repaired", { message: repaired })
    // Now, and not when the first event is lost.
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

/** What stands at the path, with what to do in the words of the setting that chose it. */
function notAuditFile(cause: OperatorError): OperatorError {
  return new OperatorError(`POSTERN_AUDIT_FILE can't be used: ${cause.message}`, {
    hint: "Set it to a file of the user that Postern runs as; one that is not there is made.",
    exitCode: cause.exitCode,
    cause,
  })
}

// Now, and not at the first login. It keeps a thread busy, while this one opens the store.
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
