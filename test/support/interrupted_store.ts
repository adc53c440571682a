// A store in which something happens at just the wrong moment, for tests of races.

import type { Store } from "../../src/store/store.ts"

/** The changes before which something can happen: the noun and the method. */
const interruptible = {
  startSession: ["sessions", "start"],
  rotateSession: ["sessions", "rotate"],
  endSession: ["sessions", "end"],
  revokeToken: ["sessions", "revokeToken"],
  resetUser: ["users", "reset"],
  changeUser: ["users", "change"],
} as const

type Interruptible = keyof typeof interruptible

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
  const [noun, method] = interruptible[change]
  const target = store[noun] as unknown as Record<string, Method>
  const original = target[method]?.bind(target) as Method
  target[method] = (...values) => {
    target[method] = original
    return replacement(original, values)
  }
}
