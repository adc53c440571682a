// The service tokens. Replicas remember all of them, so the log of changes has each that is
// made or revoked; a use is not logged.
//
// An older Postern knows no service tokens, and refuses them. But its `store revive` would leave a
// revoked token alive that a dump gave back, and its `store copy` would lose all. So it does not
// work on this schema.

/** Makes the table, and the trigger that logs changes. */
export const serviceTokens: readonly string[] = [
  `create table postern.service_tokens (
    name text collate "C" primary key,
    hash text collate "C" not null unique,
    roles text[] not null,
    fresh boolean not null,
    acr text not null,
    created_at bigint not null,
    expires_at bigint not null,
    last_used_at bigint,
    last_address text not null
  ) with (fillfactor = 70)`,
  `create trigger made_or_revoked after insert or delete on postern.service_tokens for each row
    execute function postern.log_change('m', 'name')`,
]
