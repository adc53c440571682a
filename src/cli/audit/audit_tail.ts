// postern audit tail: the last lines of the audit trail, and with -f those that come.

import { setTimeout as wait } from "node:timers/promises"
import { type ExitCode, exitCodes, OperatorError } from "../../errors.ts"
import { type DiskFile, machineDisk as disk } from "../../system/disk.ts"
import { followFile } from "../../system/followed_file.ts"
import { linesOf } from "../../system/lines.ts"
import type { Call } from "../command_row.ts"
import { interruptibly } from "../interruption.ts"
import { loadSettings } from "../settings_options.ts"
import type { Terminal } from "../terminal.ts"
import { naming, noTrail, requireAuditFile } from "./audit_file.ts"
import { anyLine } from "./audit_line.ts"
import { createAuditPrinter } from "./audit_printer.ts"

const linesDefault = 20
const linesMax = 100_000
const blockBytes = 64 * 1024
const lineEnd = 0x0a
const millisBetweenLooks = 250

/** Prints the last lines. */
export async function runAuditTail(call: Call, terminal: Terminal): Promise<ExitCode> {
  const path = requireAuditFile(loadSettings(call, terminal))
  const count = readCount(call)
  const printer = createAuditPrinter(anyLine, { terminal, isJson: call.isJson })
  await naming(path, async () => {
    const follows = call.options.has("follow")
    const from = await startOfLast(path, count)
    if (from === null && !follows) throw noTrail(path)
    await interruptibly(async (isInterrupted) => {
      const pause = async () => {
        if (!follows || isInterrupted()) return false
        await wait(millisBetweenLooks)
        return !isInterrupted()
      }
      for await (const lines of linesOf(followFile(path, { disk, from: from ?? 0, pause }))) {
        if (!(await printer.print(lines))) return
      }
    })
  })
  return exitCodes.done
}

function readCount({ options }: Call): number {
  const typed = options.get("lines")
  if (typed === undefined) return linesDefault
  const count = Number(typed)
  if (/^\d{1,6}$/.test(typed) && count <= linesMax) return count
  throw new OperatorError("audit tail: --lines is no number of lines", {
    hint: `From 0 to ${linesMax}. \`postern audit search --since 2h\` shows all of a time.`,
    exitCode: exitCodes.usage,
  })
}

/** Where the last lines begin. Null where there is no file. */
async function startOfLast(path: string, count: number): Promise<number | null> {
  const file = await disk.openToRead(path)
  if (file === null) return null
  try {
    const size = (await disk.inspect(path))?.size ?? 0
    return await startIn(file, size, count)
  } finally {
    await file.close()
  }
}

/** Reads backwards, block by block, until so many lines have begun. */
async function startIn(file: DiskFile, size: number, count: number): Promise<number> {
  if (size === 0 || count === 0) return size
  // The end of the last line begins no line.
  const [last] = await file.readAt(size - 1, 1)
  let end = last === lineEnd ? size - 1 : size
  let left = count
  while (end > 0) {
    const from = Math.max(0, end - blockBytes)
    const block = await file.readAt(from, end - from)
    for (let at = block.lastIndexOf(lineEnd); at !== -1; at = before(block, at)) {
      left -= 1
      if (left === 0) return from + at + 1
    }
    end = from
  }
  return 0
}

function before(block: Buffer, at: number): number {
  return at === 0 ? -1 : block.lastIndexOf(lineEnd, at - 1)
}
