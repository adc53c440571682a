// How much memory something keeps: measured, after what nobody needs has been collected.

import { setTimeout as wait } from "node:timers/promises"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void

/** Bytes that are in use: of the heap, and of buffers beside it. */
export async function bytesInUse(): Promise<number> {
  for (let times = 0; times < 3; times += 1) {
    collect()
    // Buffers are freed a moment later.
    await wait(5)
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Bytes that are in use after work which were not before. What it returns is kept until then. */
export async function bytesKept(work: () => unknown): Promise<number> {
  const before = await bytesInUse()
  const kept = await work()
  const after = await bytesInUse()
  // So that it is in use until here.
  return kept === before ? 0 : after - before
}
