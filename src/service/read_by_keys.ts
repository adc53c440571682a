// Reads a text that this service sealed: a ticket, a link, a challenge. Another process may have
// made the key, and this one does not know it yet.

import type { KeyWatch } from "./keys.ts"

/**
 * What `read` finds by the keys that this process knows. When that is null, the keys are
 * caught up with, and it is read once more.
 * @throws Unavailable when the store can't be read
 */
export async function readByKeys<T>(
  keys: Pick<KeyWatch, "catchUp">,
  read: () => T | null,
): Promise<T | null> {
  const found = read()
  if (found !== null) return found
  await keys.catchUp()
  return read()
}
