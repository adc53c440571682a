// A store in which something happens at just the wrong moment, for tests of races.

import type { Store } from "../../src/store/store.ts"

/** The changes before which something can happen. */
type Interruptible =
  | "startSession"
  | "rotateSession"
  | "endSession"
  | "resetUser"
  | "changeUser"
  | "revokeToken"

/** Does `work` once, right before the store's next change of this kind is decided. */
export function interruptBefore(
  store: Store,
  change: Interruptible,
  work: () => Promise<unknown>,
): void {
  replaceOnce(store, change, async (original, values) => {
    await work()
    return original(...values)
  })
}

/** Does `work` once, right after the store's next change of this kind is on disk. */
export function interruptAfter(
  store: Store,
  change: Interruptible,
  work: () => Promise<unknown>,
): void {
  replaceOnce(store, change, async (original, values) => {
    const outcome = await original(...values)
    await work()
    return outcome
  })
}

type Method = (...values: readonly unknown[]) => Promise<unknown>

function replaceOnce(
  store: Store,
  change: Interruptible,
  replacement: (original: Method, values: readonly unknown[]) => Promise<unknown>,
): void {
  const original = store[change].bind(store) as unknown as Method
  const once: Method = (...values) => {
    Object.assign(store, { [change]: original })
    return replacement(original, values)
  }
  Object.assign(store, { [change]: once })
}
