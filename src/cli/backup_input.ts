// Where `postern restore` reads a backup from: a file, or standard input, encrypted or not.

import { resolve } from "node:path"
import { exitCodes, OperatorError } from "../errors.ts"
import type { BackupSource } from "../store/backup.ts"
import { machineDisk } from "../system/disk.ts"
import { fileFailure } from "../system/failure.ts"
import { chunksOf, inLargePieces, seenPieces } from "../system/file_chunks.ts"
import { readOperatorFile } from "../system/operator_file.ts"
import { ageHeader, type Cipher, decryptWith } from "./age.ts"
import type { Terminal } from "./terminal.ts"

/** A backup that can be read. */
export interface BackupInput {
  /** The path; null for standard input. */
  readonly file: string | null
  /** The name for messages. */
  readonly place: string
  /** Begins to read. A file can be read again. */
  open(): BackupSource
  /** How much was read since the last `open`. */
  bytes(): number
}

/**
 * Finds the backup of an argument: a path, or `-`. `identity` is the path of what decrypts it.
 * @throws OperatorError when there is none
 */
export async function openInput(
  argument: string,
  identity: string | undefined,
  { input }: Terminal,
): Promise<BackupInput> {
  const decrypt =
    identity === undefined ? null : await decryptWith(readIdentity(identity), `'${identity}'`)
  if (argument === "-") {
    if ("isTTY" in input && input.isTTY) throw noTerminal()
    const place = "on standard input"
    return counted(null, place, () => plain(input as AsyncIterable<Uint8Array>, decrypt))
  }
  const file = resolve(argument)
  const path = await realFile(file)
  return counted(file, `'${file}'`, () => plain(chunksOf(path, machineDisk), decrypt))
}

function readIdentity(path: string): string {
  try {
    return Buffer.from(readOperatorFile(path)).toString()
  } catch (error) {
    const message = `The identity '${path}' can't be read`
    throw fileFailure(error, { message, setting: "--identity", exitCode: exitCodes.usage })
  }
}

/** What is in a file that may be encrypted. */
async function* plain(
  chunks: AsyncIterable<Uint8Array>,
  decrypt: Cipher | null,
): AsyncIterable<Uint8Array> {
  const pieces = inLargePieces(chunks, ageHeader.length)[Symbol.asyncIterator]()
  try {
    const first = await pieces.next()
    if (first.done) return
    const begins = Buffer.from(first.value).toString("latin1", 0, ageHeader.length)
    const all = (async function* () {
      yield first.value
      yield* { [Symbol.asyncIterator]: () => pieces }
    })()
    if (begins !== ageHeader) yield* all
    else if (decrypt === null) throw encrypted()
    else yield* decrypt(all)
  } finally {
    await pieces.return?.()
  }
}

function counted(
  file: string | null,
  place: string,
  begin: () => AsyncIterable<Uint8Array>,
): BackupInput {
  let bytes = 0
  return {
    ...{ file, place },
    bytes: () => bytes,
    open() {
      bytes = 0
      const see = ({ byteLength }: Uint8Array) => {
        bytes += byteLength
      }
      return { chunks: seenPieces(begin(), see), place }
    },
  }
}

/** The path without links: a name such as `latest` may be one. */
async function realFile(file: string): Promise<string> {
  try {
    const path = await machineDisk.realPath(file)
    const found = await machineDisk.inspect(path)
    if (found?.type === "file") return path
  } catch (error) {
    throw fileFailure(error, {
      message: `The backup '${file}' can't be read`,
      setting: "FILE",
      exitCode: exitCodes.refused,
    })
  }
  throw new OperatorError(`'${file}' is no file`, {
    hint: "Name the file of a backup, or pipe one: … | postern restore -",
    exitCode: exitCodes.refused,
  })
}

function encrypted(): OperatorError {
  return new OperatorError("The backup is encrypted", {
    hint: "Give the file of the key, --identity key.txt, or decrypt it: age -d -i key.txt … | postern restore -",
    exitCode: exitCodes.refused,
  })
}

function noTerminal(): OperatorError {
  return new OperatorError("Standard input is a terminal, and no backup", {
    hint: "Name a file, `postern restore FILE`, or pipe it: `age -d -i KEY FILE | postern restore -`.",
    exitCode: exitCodes.usage,
  })
}
