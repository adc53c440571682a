// What a process has used, as Linux tells it in /proc; NaN on other systems.

import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { setTimeout as wait } from "node:timers/promises"

const idleCheckMillis = 100
const idleMicrosMax = 10_000
const idleChecksMax = 150

/** Memory of a process in MiB. */
export interface Memory {
  /** What is in memory now, the program's own file included. */
  readonly resident: number
  /** The part that can't be read again from a file. A container's limit counts this part. */
  readonly anonymous: number
  /** The most that was ever in memory. */
  readonly most: number
}

/** Microseconds of processor time that all threads of a process have used. */
export function processorMicros(pid: number): number {
  try {
    let nanos = 0
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const text = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "latin1")
      nanos += Number.parseInt(text, 10)
    }
    return nanos / 1000
  } catch {
    return Number.NaN
  }
}

/** Waits until a process does nothing any more: it may work on for those who have gone. */
export async function untilIdle(pid: number): Promise<void> {
  for (let checks = 0; checks < idleChecksMax; checks += 1) {
    const before = processorMicros(pid)
    await wait(idleCheckMillis)
    if (processorMicros(pid) - before < idleMicrosMax) return
  }
}

/** Memory of a process. */
export function memoryOf(pid: number): Memory {
  let status = ""
  try {
    status = readFileSync(`/proc/${pid}/status`, "utf8")
  } catch {
    // Another system than Linux.
  }
  const mebibytes = (name: string) =>
    Number(RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? Number.NaN) / 1024
  const most = mebibytes("VmHWM")
  return { resident: mebibytes("VmRSS"), anonymous: mebibytes("RssAnon"), most }
}

/** Forgets the most memory so far (proc(5), clear_refs) and gives what is in memory now, in MiB. */
export function forgetPeak(pid: number): number {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, "5")
  } catch {
    // The peak of the start then counts as well.
  }
  return memoryOf(pid).resident
}
