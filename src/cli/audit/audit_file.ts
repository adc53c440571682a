// Where the audit trail is: the file of the setting, and those that log rotation made of it, such
// as audit.jsonl.1, audit.jsonl.2.gz and audit.jsonl-20261123.

import { basename, dirname, join, resolve } from "node:path"
import { pipeline } from "node:stream"
import { createGunzip } from "node:zlib"
import type { Config } from "../../config/load.ts"
import { exitCodes, OperatorError, systemCode } from "../../errors.ts"
import { machineDisk as disk } from "../../system/disk.ts"
import { fileFailure } from "../../system/failure.ts"
import { chunksOf } from "../../system/file_chunks.ts"
import { linesOf } from "../../system/lines.ts"
import { readAuditLine } from "./audit_line.ts"

/** A file of the trail. */
export interface TrailFile {
  readonly path: string
  /** The time of its first line; empty when there is none that can be read. */
  readonly begins: string
}

/** The files of a trail. */
interface Trail {
  /** The oldest first. */
  readonly files: readonly TrailFile[]
  /** Names of files that are compressed in a way that is not read here. */
  readonly others: readonly string[]
}

/**
 * The file of the setting.
 * @throws OperatorError when none is set
 */
export function requireAuditFile({ auditFile }: Config): string {
  if (auditFile !== null) return resolve(auditFile)
  throw new OperatorError("The audit trail is in no file: POSTERN_AUDIT_FILE is not set", {
    hint:
      "Give this command the setting of the service. Without a file the trail is in the log: " +
      'docs/logs.md has a grep for `"level":"audit"`.',
    exitCode: exitCodes.badSettings,
  })
}

/** Finds the files of a trail. */
export async function findTrail(path: string): Promise<Trail> {
  const name = basename(path)
  const names = await naming(path, () => disk.list(dirname(path)))
  const rotated = names.filter(
    (one) =>
      one.startsWith(name) && /^(?:[.-]\d[\d-]*(?:\.[a-z]\w*)?)?$/.test(one.slice(name.length)),
  )
  const isRead = (one: string) => one === name || /\d(?:\.gz)?$/.test(one)
  const files: TrailFile[] = []
  for (const one of rotated.filter(isRead)) {
    const file = join(dirname(path), one)
    files.push({ path: file, begins: await naming(file, () => firstTime(file)) })
  }
  if (files.length === 0) throw noTrail(path)
  // The file itself is the newest, and may be empty.
  const order = ({ path: one, begins }: TrailFile) => (one === path ? "~" : begins)
  files.sort((a, b) => (order(a) < order(b) ? -1 : 1))
  return { files, others: rotated.filter((one) => !isRead(one)) }
}

/**
 * The lines of a file, all that a piece of it completes at once. In the place of what can't be
 * decompressed stands a line that is none of a trail.
 */
export async function* linesOfTrail(path: string): AsyncIterable<readonly string[]> {
  if (!path.endsWith(".gz")) return yield* linesOf(chunksOf(path, disk))
  const unzipped = createGunzip()
  pipeline(chunksOf(path, disk), unzipped, () => {})
  try {
    yield* linesOf(unzipped)
  } catch (error) {
    if (!/^Z_|PREMATURE/.test(systemCode(error) ?? "")) throw error
    yield ["damaged"]
  }
}

/** Does work at a path, and names the path when the system refuses it. */
export async function naming<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw fileFailure(error, {
      message: `The audit trail '${path}' can't be read`,
      setting: "POSTERN_AUDIT_FILE",
      exitCode: exitCodes.badSettings,
    })
  }
}

/** The error of a path at which there is no file. */
export function noTrail(path: string): OperatorError {
  return new OperatorError(`There is no audit trail at '${path}'`, {
    hint: "The service makes the file at its start. Is POSTERN_AUDIT_FILE the service's?",
    exitCode: exitCodes.unavailable,
  })
}

async function firstTime(path: string): Promise<string> {
  for await (const lines of linesOfTrail(path)) {
    for (const line of lines) {
      const record = readAuditLine(line)
      if (record !== null) return record.time
    }
  }
  return ""
}
