// Makes and writes log lines together that come in one turn of the event loop: a system call for
// each request would cost a third of answering it, and a line made among other work takes twice
// as long as one after the other. What is urgent is written at once, after what came before it.
//
// Lines are lost when nobody reads them, the disk is full or the reader has gone. They are counted
// by kind, and the count is written before the next line that gets through. Access lines, which
// anybody can cause, are given up long before audit lines are.

import type { LineKind, Losses } from "./log.ts"

/** Takes what makes lines, each with its newline. */
export interface LineBatch {
  write(line: () => string, kind: LineKind): void
  /** Writes what waits: before the process ends, too. */
  flush(): void
}

/** Where lines go. */
export interface LineOutput {
  /** Prints a text; `onFailure` hears how many of its bytes got through when not all did. */
  readonly print: (text: string, onFailure: (bytesTaken: number) => void) => void
  /** Bytes printed that nobody has read yet. */
  readonly unreadBytes: () => number
}

/** Beyond that, a longer text is worth nothing. */
const linesMax = 256
const mebibyte = 1024 * 1024
/** Beyond these unread bytes lines are lost: the difference is kept for urgent ones. */
const unreadBytesMax = { patient: mebibyte, urgent: 4 * mebibyte }
const urgencies = {
  ...{ access: "patient", debug: "patient", info: "patient" },
  ...{ warn: "urgent", error: "urgent", audit: "urgent" },
} as const satisfies Record<LineKind, keyof typeof unreadBytesMax>

/** Makes a batch; `lossLine` makes the line that says how many were lost. */
export function createLineBatch(output: LineOutput, lossLine: (lost: Losses) => string): LineBatch {
  let makers: (() => string)[] = []
  let kinds: LineKind[] = []
  let lost = new Map<LineKind, number>()
  /** The last line that got through did so in part: its rest is lost. */
  let isTorn = false

  const lose = (kind: LineKind, lines = 1) => void lost.set(kind, (lost.get(kind) ?? 0) + lines)

  const flush = () => {
    if (kinds.length === 0) return
    const lines = makers.map((make) => make())
    const batch = { kinds, told: lost, wasTorn: isTorn }
    const losses = lost.size === 0 ? "" : lossLine(Object.fromEntries(lost))
    const text = `${isTorn ? "\n" : ""}${losses}${lines.join("")}`
    makers = []
    kinds = []
    lost = new Map()
    isTorn = false
    output.print(text, (bytesTaken) => recount(Buffer.from(text).subarray(0, bytesTaken), batch))
  }

  // Counts what did not get through of a text.
  const recount = (taken: Uint8Array, { kinds, told, wasTorn }: Printed) => {
    isTorn = taken.byteLength === 0 ? wasTorn : taken.at(-1) !== newline
    const ends = taken.filter((byte) => byte === newline).byteLength
    const whole = Math.max(0, wasTorn ? ends - 1 : ends)
    const isTold = told.size > 0 && whole > 0
    if (!isTold) for (const [kind, lines] of told) lose(kind, lines)
    for (const kind of kinds.slice(isTold ? whole - 1 : whole)) lose(kind)
  }

  return {
    flush,
    write(line, kind) {
      const urgency = urgencies[kind]
      if (output.unreadBytes() > unreadBytesMax[urgency]) return lose(kind)
      const isUrgent = urgency === "urgent"
      if (kinds.length === 0 && !isUrgent) setImmediate(flush)
      makers.push(line)
      kinds.push(kind)
      if (isUrgent || kinds.length >= linesMax) flush()
    },
  }
}

/** What a text was made of. */
interface Printed {
  readonly kinds: readonly LineKind[]
  /** Losses in its first line. */
  readonly told: ReadonlyMap<LineKind, number>
  readonly wasTorn: boolean
}

const newline = 0x0a
