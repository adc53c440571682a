// Users by the many: how they move in from elsewhere, and out. A part of UserStore.

import type { User } from "../domain/user.ts"

/**
 * What became of a new user: "created"; "same": the name has a user with this password hash;
 * "taken": it has another user; "reserved": it belonged to a user who was deleted.
 */
export type CreationOutcome = "created" | "same" | "taken" | "reserved"

/** Users by the many; store.ts says what every method promises. */
export interface UserTransfer {
  /**
   * Creates each user as `create` does, in one step, and gives the outcomes in their order. No two
   * of the users have one name. A trial changes nothing. It gives the outcomes there would be.
   */
  createAll(
    users: readonly User[],
    options: { readonly isTrial: boolean },
  ): Promise<readonly CreationOutcome[]>

  /**
   * All users, in slices. Users who are created or deleted meanwhile may be among them, or not; all
   * others are there once, as they are when their slice is read.
   */
  slices(): AsyncIterable<readonly User[]>
}
