// A login by a passkey alone finds its user by the handle that the authenticator keeps.

/** Adds the index. A user without factors has no handle, so a null, and nulls are not compared. */
export const handles: readonly string[] = [
  "create unique index users_handle on postern.users ((factors::json ->> 'handle'))",
]
