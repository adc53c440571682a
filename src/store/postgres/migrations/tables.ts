// The tables. Names and ids are compared byte by byte (`collate "C"`). Claims are JSON in `text`,
// because `jsonb` refuses `\u0000`. `sessions` has no index on `idle_expires_at`, so that rotations
// write no index (HOT updates); `number` keeps sessions in the order in which they started.

/** Makes all tables. */
export const tables: readonly string[] = [
  `create table postern.users (
    username text collate "C" primary key,
    password_hash text not null,
    roles text[] not null,
    claims text not null,
    disabled boolean not null,
    created_at bigint not null,
    tokens_not_before bigint not null
  )`,
  `create table postern.reserved_names (
    username text collate "C" primary key,
    deleted_at bigint not null,
    is_released boolean not null default false
  )`,
  `create table postern.sessions (
    sid text collate "C" primary key,
    number bigint not null generated always as identity,
    username text collate "C" not null references postern.users,
    started_at bigint not null,
    last_used_at bigint not null,
    rotated_at bigint not null,
    idle_expires_at bigint not null,
    expires_at bigint not null,
    rotations bigint not null,
    address text not null,
    network text not null,
    user_agent text not null,
    used_before_at bigint,
    used_before_address text,
    used_before_agent text,
    shared_rotation bigint not null,
    shared_run integer not null
  ) with (fillfactor = 80)`,
  "create index sessions_username on postern.sessions (username)",
  `create table postern.ended_sessions (
    sid text collate "C" primary key,
    tokens_expire_at bigint not null
  )`,
  `create table postern.revoked_tokens (
    jti text collate "C" primary key,
    expires_at bigint not null,
    is_listed boolean not null
  )`,
  `create table postern.failed_logins (
    username text collate "C" primary key,
    strangers integer not null,
    devices integer not null
  ) with (fillfactor = 70)`,
  // Failures for nobody are written to one of these rows.
  `create table postern.decoy_failed_logins (
    number integer primary key,
    strangers integer not null,
    devices integer not null
  ) with (fillfactor = 70)`,
  "insert into postern.decoy_failed_logins select n, 0, 0 from generate_series(0, 1023) n",
  `create table postern.key_set (
    id boolean primary key default true check (id),
    version bigint not null,
    sealed bytea not null
  )`,
  // changes_seen: a snapshot, and when it was taken. See purge_changes. last_use_at: see note_use.
  `create table postern.facts (
    id boolean primary key default true check (id),
    has_had_users boolean not null default false,
    changes_seen pg_snapshot,
    changes_seen_at timestamptz,
    last_use_at bigint
  )`,
  "insert into postern.facts default values",
]
