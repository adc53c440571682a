// The recent logins and failures of users. They go with their user, also when an older release
// deletes it.

/** Makes the table. */
export const loginHistories: readonly string[] = [
  `create table postern.login_histories (
    username text collate "C" primary key references postern.users on delete cascade,
    logins text not null,
    failures text not null
  ) with (fillfactor = 70)`,
]
