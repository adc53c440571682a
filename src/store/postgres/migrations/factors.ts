// The second factors of users, and how sessions were started. A Postern that does not know them
// would log users in by their password alone, so it can't work on this schema.

/** Adds the columns, and makes new sessions fill theirs. */
export const factors: readonly string[] = [
  // The handle has a column of its own: PostgreSQL reads no JSON in which a text has \u0000.
  `alter table postern.users
    add column factors text,
    add column factor_handle text collate "C"`,
  `create unique index users_factor_handle on postern.users (factor_handle)
    where factor_handle is not null`,
  `alter table postern.sessions
    add column amr text[] not null default '{pwd}',
    add column factor_at bigint`,
  `create or replace function postern.insert_session(p_session json) returns void
    language sql as $$
    select postern.note_use((p_session ->> 'last_used_at')::bigint);
    insert into postern.sessions (sid, username, started_at, last_used_at, rotated_at,
      idle_expires_at, expires_at, rotations, address, network, user_agent, used_before_at,
      used_before_address, used_before_agent, shared_rotation, shared_run, amr, factor_at)
    select s.sid, s.username, s.started_at, s.last_used_at,
      coalesce(s.rotated_at, extract(epoch from clock_timestamp())::bigint),
      s.idle_expires_at, s.expires_at, s.rotations, s.address, s.network, s.user_agent,
      s.used_before_at, s.used_before_address, s.used_before_agent, s.shared_rotation,
      s.shared_run, s.amr, s.factor_at
    from json_populate_record(null::postern.sessions, p_session) s
  $$`,
]
