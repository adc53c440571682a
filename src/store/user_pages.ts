// Users page by page, ordered by name. A part of UserStore.

import type { User } from "../domain/user.ts"

/** Which users, and how many of them at a time. */
export interface PageQuestion {
  /** The name after which the page begins; empty for the first page. */
  readonly after: string
  readonly limit: number
  /** Only users whose name has this part; empty for all. */
  readonly search: string
  /** Only users who have this role; empty for all. */
  readonly role: string
}

/** A page, and the name after which the next one begins; null when there is none. */
export interface UserPage {
  readonly users: readonly User[]
  readonly next: string | null
}

/** Users page by page; store.ts says what every method promises. */
export interface UserPages {
  /**
   * The next users after a name, ordered by name: `limit` of them, or all that are left. Users who
   * are created or deleted meanwhile may be among them, or not.
   */
  page(question: PageQuestion): Promise<UserPage>
}

/** The page of the users that were found, of whom one too many was looked for. */
export function pageOf(found: readonly User[], limit: number): UserPage {
  const users = found.slice(0, limit)
  return { users, next: found.length > limit ? (users.at(-1)?.username ?? null) : null }
}
