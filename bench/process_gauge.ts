// What a process has used, as Linux tells it in /proc; NaN on other systems.

import { readdirSync, readFileSync } from "node:fs"

/** Memory of a process in MiB. */
export interface Memory {
  /** What is in memory now, the program's own file included. */
  readonly resident: number
  /** What of that can't be read anew from a file: what a container's limit is about. */
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
