// A login by a passkey alone finds its user by the handle that the authenticator keeps.

/** Adds the index, of the users who have factors. */
export const handles: readonly string[] = [
  `create unique index users_handle on postern.users ((factors::json ->> 'handle'))
    where factors is not null`,
]
