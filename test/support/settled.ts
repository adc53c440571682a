// Waits for work that waits for nothing outside the process.

import { setImmediate } from "node:timers/promises"

/** Lets every promise that can go on do so. */
export async function settled(): Promise<void> {
  await setImmediate()
  await setImmediate()
}
