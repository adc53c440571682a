// What `postern status` looks at: the running service, the files of the data directory or the
// database, the last backup. It only reads, and takes no lock.

import { askService } from "../../admin/socket.ts"
import type { StatusAnswer } from "../../admin/status_answer.ts"
import { systemClock } from "../../clock.ts"
import type { DatabaseSettings } from "../../config/database.ts"
import type { Config } from "../../config/load.ts"
import { type DatabaseStatus, readDatabaseStatus } from "../../store/store_status.ts"
import { fromThisMachine, urlOf } from "../../system/address.ts"
import { machineDisk as disk } from "../../system/disk.ts"
import { programVersion } from "../../system/program_version.ts"
import { dataDirectoryOf, failFor } from "../control.ts"
import { askStatus } from "../healthcheck.ts"
import type { Terminal } from "../terminal.ts"
import { warningsAt } from "../terminal_log.ts"
import { type DirectoryFacts, readDirectory } from "./directory_facts.ts"
import { orProblem, type Problem } from "./problem.ts"

/** The service on this machine. Without an answer and without a problem, none runs. */
export interface ServiceFacts {
  readonly answer: StatusAnswer | null
  readonly problem: Problem | null
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
  /** The address of the settings as a URL, when a program listens there and no service answers. */
  readonly takenAddress: string | null
  /** Null when none is set. */
  readonly audit: { readonly file: string; readonly bytes: number | null } | null
  /** Of the service, or else of this command. */
  readonly settings: Pick<StatusAnswer, "notices" | "seedUsers" | "hasPreviousStoreSecret">
}

/** Looks at everything. */
export async function readFacts(config: Config, terminal: Terminal): Promise<StatusFacts> {
  const directory = await dataDirectoryOf(config)
  const service = await askForStatus(directory)
  const { database } = config
  const { answer } = service
  const auditFile = answer === null ? config.auditFile : answer.auditFile
  const isServed = answer !== null
  return {
    ...{ now: systemClock.now(), version: programVersion, service },
    store:
      database === null
        ? await readDirectory(directory, isServed)
        : await readDatabase(database, { terminal, isServed }),
    takenAddress: isServed ? null : await findListener(config),
    audit: auditFile === null ? null : { file: auditFile, bytes: await sizeOf(auditFile) },
    settings: answer ?? {
      notices: config.notices,
      seedUsers: config.seedUsers.length,
      hasPreviousStoreSecret: database?.previousSecret !== undefined,
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

async function readDatabase(
  database: DatabaseSettings,
  { terminal, isServed }: { readonly terminal: Terminal; readonly isServed: boolean },
): Promise<DatabaseFacts> {
  // A service has opened them.
  const keys = isServed || database.secret.length === 0 ? null : database
  const { value, problem } = await orProblem(() =>
    readDatabaseStatus({ ...database, warn: warningsAt(terminal) }, keys).catch(failFor(database)),
  )
  return { place: database.place, status: value, problem }
}

async function findListener({ host, port }: Config): Promise<string | null> {
  if (port === 0) return null
  const address = fromThisMachine({ host, port })
  const { status, failure } = await askStatus(address)
  const isTaken = status !== null || failure === "closed" || failure === "timeout"
  return isTaken ? urlOf(address) : null
}

/** Null also where the file can't be seen. */
async function sizeOf(path: string): Promise<number | null> {
  return (await disk.inspect(path).catch(() => null))?.size ?? null
}
