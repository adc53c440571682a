// What the suite for store engines works with.

import type { TestContext } from "node:test"
import type { User } from "../../../src/domain/user.ts"
import type { Store } from "../../../src/store/store.ts"

/** A store of a test, empty at first. The engine closes it when the test ends. */
interface OpenedStore {
  readonly store: Store
  /** Closes the store and opens what it left behind. */
  reopen(): Promise<Store>
}

/** Opens an empty store of an engine. */
export type OpenStore = (t: TestContext) => Promise<OpenedStore>

/** The store, and then what it leaves behind: for what must hold in both. */
export async function* thenReopened({ store, reopen }: OpenedStore): AsyncGenerator<Store> {
  yield store
  yield await reopen()
}

/** How many callers come at once where the order could matter. */
export const thousand: readonly number[] = Array.from({ length: 1000 }, (_, index) => index)

/** How often each outcome came. */
export function tally(outcomes: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1
  return counts
}

/** For mapping users to their names. */
export function nameOf(user: User): string {
  return user.username
}
