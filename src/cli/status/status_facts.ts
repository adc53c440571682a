// What `postern status` looks at: the running service, the files of the data directory or the
// database, the last backup. It only reads, and takes no lock.

import { join } from "node:path"
import { askService } from "../../admin/socket.ts"
import type { StatusAnswer } from "../../admin/status_answer.ts"
import { systemClock } from "../../clock.ts"
import type { Config } from "../../config/load.ts"
import { OperatorError } from "../../errors.ts"
import { findDataDirectory, isDeployed } from "../../store/data_directory.ts"
import { type LastBackup, lastBackupName, readLastBackup } from "../../store/last_backup.ts"
import { nameOf } from "../../store/store_location.ts"
import {
  countDirectory,
  type DatabaseStatus,
  type DirectoryStatus,
  readDatabaseStatus,
  readDirectoryStatus,
} from "../../store/store_status.ts"
import { machineDisk as disk, type Inspection } from "../../system/disk.ts"
import { isOpenToOthers } from "../../system/private_files.ts"
import { programVersion } from "../../system/program_version.ts"
import { databaseFailure } from "../control.ts"
import type { Terminal } from "../terminal.ts"
import { warningsAt } from "../terminal_log.ts"

/** Why something can't be asked or read, and what to do. */
export interface Problem {
  readonly text: string
  readonly hint: string
}

/** The service on this machine. Without an answer and without a problem, none runs. */
export interface ServiceFacts {
  readonly answer: StatusAnswer | null
  readonly problem: Problem | null
}

/** A data directory that has the store. */
export interface DirectoryFacts {
  readonly place: string
  readonly isSetUp: boolean
  readonly bytes: number
  readonly lock: DirectoryStatus["lock"]
  readonly roomBytes: number
  /** Names that others may read or write, or that belong to somebody else. */
  readonly open: readonly string[]
  /** How much is in it, where no service says that. */
  readonly found: { readonly users: number; readonly sessions: number } | null
  /** Why a start can't read it. */
  readonly problem: Problem | null
  readonly backup: LastBackup | null
}

/** A database that has the store. */
export interface DatabaseFacts {
  readonly place: string
  readonly status: DatabaseStatus | null
  /** Why it can't be asked. */
  readonly problem: Problem | null
}

/** All of it. */
export interface StatusFacts {
  /** In epoch seconds. */
  readonly now: number
  /** The version of this command. */
  readonly version: string
  readonly service: ServiceFacts
  readonly store: DirectoryFacts | DatabaseFacts
  /** Null when none is set. */
  readonly audit: { readonly file: string; readonly bytes: number | null } | null
  /** Of the service, or else of this command. */
  readonly settings: Pick<StatusAnswer, "notices" | "seedUsers" | "hasPreviousStoreSecret">
}

/** Looks at everything. */
export async function readFacts(config: Config, terminal: Terminal): Promise<StatusFacts> {
  const { path: directory } = await findDataDirectory(config.dataDirectory, disk)
  const service = await askForStatus(directory)
  const { database } = config
  const { answer } = service
  const auditFile = answer === null ? config.auditFile : answer.auditFile
  return {
    ...{ now: systemClock.now(), version: programVersion, service },
    store:
      database === null
        ? await readDirectory(directory, service)
        : await readDatabase(database, terminal),
    audit: auditFile === null ? null : { file: auditFile, bytes: await sizeOf(auditFile) },
    settings: answer ?? {
      notices: config.notices,
      seedUsers: config.seedUsers.length,
      hasPreviousStoreSecret: database !== null && database.previousSecret !== null,
    },
  }
}

async function askForStatus(directory: string): Promise<ServiceFacts> {
  const asked = await orProblem(() => askService(directory, { command: "status" }))
  if (asked.value === null || !asked.value.ok) {
    return { answer: null, problem: asked.value === null ? asked.problem : olderService }
  }
  return { answer: asked.value.value as StatusAnswer, problem: null }
}

const olderService: Problem = {
  text: "The service is an older Postern, which tells no status",
  hint: "Restart the service to finish the update.",
}

/** What work gives, or the problem that it meets. */
async function orProblem<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: T | null; readonly problem: Problem | null }> {
  try {
    return { value: await work(), problem: null }
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error
    return { value: null, problem: { text: error.message, hint: error.hint } }
  }
}

async function readDirectory(place: string, { answer }: ServiceFacts): Promise<DirectoryFacts> {
  const { files, lock } = await readDirectoryStatus(place, disk)
  const isSetUp = await isDeployed(place, disk)
  const names = ["", ...files.map(({ name }) => name), lastBackupName]
  const open: string[] = []
  for (const name of names) if (await isOpen(join(place, name))) open.push(join(place, name))
  const isFree = isSetUp && answer === null && lock !== "held"
  const counted = await orProblem(async () =>
    isFree ? countDirectory({ directory: place, disk }) : null,
  )
  return {
    ...{ place, isSetUp, lock, open, found: counted.value, problem: counted.problem },
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    roomBytes: isSetUp ? await disk.room(place) : 0,
    backup: await readLastBackup(place, disk),
  }
}

async function readDatabase(
  database: NonNullable<Config["database"]>,
  terminal: Terminal,
): Promise<DatabaseFacts> {
  const { location, ca } = database
  const { value, problem } = await orProblem(() =>
    readDatabaseStatus({ location, ca, warn: warningsAt(terminal) }).catch((error) => {
      throw databaseFailure(error, database)
    }),
  )
  return { place: nameOf(location), status: value, problem }
}

async function sizeOf(path: string): Promise<number | null> {
  return (await inspect(path))?.size ?? null
}

async function isOpen(path: string): Promise<boolean> {
  const found = await inspect(path)
  const self = process.geteuid?.()
  return found !== null && (isOpenToOthers(found) || (self !== 0 && found.owner !== self))
}

/** What is at a path; null also where that can't be seen. */
function inspect(path: string): Promise<Inspection | null> {
  return disk.inspect(path).catch(() => null)
}
