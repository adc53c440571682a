// Writes the log lines of one turn of the event loop together. A system call for each request would
// take a third of the request's time, and formatting lines together takes half the time of
// formatting them one by one. An urgent line is written at once, together with the waiting lines.
//
// Lines are lost when nobody reads them, when the disk is full, or when the pipe is closed. Losses
// are counted by kind, and the next successful write begins with a line that reports them.
// Strangers can cause access lines, so access lines are dropped long before audit lines.

import type { LineKind, Losses } from "./log.ts"

/** Collects lines. `write` takes a function that makes a line with its newline. */
interface LineBatch {
  write(line: () => string, kind: LineKind): void
  /** How many lines of each kind were lost since the start. */
  losses(): Losses
  /** Writes the waiting lines. Call it before the process ends. */
  flush(): void
}

interface LineOutput {
  /** Prints text. If bytes are lost, calls `onFailure` with the number of printed bytes. */
  readonly print: (text: string, onFailure: (bytesTaken: number) => void) => void
  /** Printed bytes that the reader has not read yet. */
  readonly unreadBytes: () => number
}

/** Most lines of one write. More lines would not be faster. */
const linesMax = 256
const mebibyte = 1024 * 1024
/** With more unread bytes than this, lines are dropped. Urgent lines have more room. */
const unreadBytesMax = { patient: mebibyte, urgent: 4 * mebibyte }
const urgencies = {
  ...{ access: "patient", debug: "patient", info: "patient" },
  ...{ warn: "urgent", error: "urgent", audit: "urgent" },
} as const satisfies Record<LineKind, keyof typeof unreadBytesMax>

/** Makes a batch. `lossLine` makes the line that reports losses. */
export function createLineBatch(output: LineOutput, lossLine: (lost: Losses) => string): LineBatch {
  let makers: (() => string)[] = []
  let kinds: LineKind[] = []
  /** Lines that were lost since the last report, and all. */
  let lost = new Map<LineKind, number>()
  const lostInAll = new Map<LineKind, number>()
  /** Whether the last written line is incomplete. */
  let isTorn = false

  const add = (counts: Map<LineKind, number>, kind: LineKind, lines = 1) =>
    void counts.set(kind, (counts.get(kind) ?? 0) + lines)
  const lose = (kind: LineKind) => {
    add(lost, kind)
    add(lostInAll, kind)
  }

  const flush = () => {
    if (kinds.length === 0) return
    const lines = makers.map((make) => make())
    const batch = { kinds, reported: lost, wasTorn: isTorn }
    const losses = lost.size === 0 ? "" : lossLine(Object.fromEntries(lost))
    const text = `${isTorn ? "\n" : ""}${losses}${lines.join("")}`
    makers = []
    kinds = []
    lost = new Map()
    isTorn = false
    output.print(text, (bytesTaken) => recount(Buffer.from(text).subarray(0, bytesTaken), batch))
  }

  // Counts the lines of a text that were not printed.
  const recount = (taken: Uint8Array, { kinds, reported, wasTorn }: Printed) => {
    isTorn = taken.byteLength === 0 ? wasTorn : taken.at(-1) !== newline
    const ends = taken.filter((byte) => byte === newline).byteLength
    const whole = Math.max(0, wasTorn ? ends - 1 : ends)
    const isReported = reported.size > 0 && whole > 0
    if (!isReported) for (const [kind, lines] of reported) add(lost, kind, lines)
    for (const kind of kinds.slice(isReported ? whole - 1 : whole)) lose(kind)
  }

  return {
    flush,
    losses: () => Object.fromEntries(lostInAll),
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

/** The content of one write. */
interface Printed {
  readonly kinds: readonly LineKind[]
  /** The losses that the first line reports. */
  readonly reported: ReadonlyMap<LineKind, number>
  readonly wasTorn: boolean
}

const newline = 0x0a
