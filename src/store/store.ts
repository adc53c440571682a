// The store: what Postern remembers, and what each method promises. Engines stand behind this
// interface and are held to it by one suite of tests (test/store/contract.ts).
//
// Promises that hold for every method:
//   - a promise of a change resolves when the change is on disk, and from then on it is seen;
//   - a change happens whole or not at all, and is decided on the state right before it: of a
//     hundred callers who add one name at once, one gets "added";
//   - when the disk or the database fails, the method throws Unavailable and nothing has changed;
//   - records are frozen, and never change: a change makes a new record.

/** A value that an engine may have at hand or must wait for. */
export type Awaitable<T> = T | Promise<T>

/** Someone who can log in. Instants are epoch seconds. */
export interface User {
  /** In canonical form (username.ts). Never changes, since it is the `sub` of tokens. */
  readonly username: string
  /** A PHC string. */
  readonly passwordHash: string
  readonly roles: readonly string[]
  readonly disabled: boolean
  readonly createdAt: number
  /** Tokens issued before this instant are refused; 0 when that has never been needed. */
  readonly tokensNotBefore: number
}

/** What can change about a user. Members that are left out stay as they are. */
export type UserChange = Partial<
  Pick<User, "passwordHash" | "roles" | "disabled" | "tokensNotBefore">
>

/** Where users are kept. */
export interface Store {
  /** The user of exactly this name, or null. */
  findUser(username: string): Awaitable<User | null>

  /** How many users there are. */
  countUsers(): Awaitable<number>

  /** All users, ordered by name. */
  listUsers(): Awaitable<readonly User[]>

  /**
   * Adds a user. "taken": there is one of that name; "reserved": there was one, and a token may
   * still be around that names it. Both leave the store as it is.
   */
  addUser(user: User): Promise<"added" | "taken" | "reserved">

  /**
   * Adds users to a store that has never had any, all of them or none.
   * "in_use": there are or were users; the store is left as it is.
   */
  seedUsers(users: readonly User[]): Promise<"seeded" | "in_use">

  /**
   * Changes a user and gives the new record, or null when there is none of that name. With
   * `ifPasswordHash`, also null when the hash is another by now.
   */
  changeUser(
    username: string,
    change: UserChange,
    condition?: { readonly ifPasswordHash: string },
  ): Promise<User | null>

  /** Removes a user and reserves the name for good. */
  deleteUser(username: string, deletedAt: number): Promise<"deleted" | "absent">

  /** Ends what is under way, then closes. Calling any method afterwards throws Unavailable. */
  close(): Promise<void>
}
