// The log of changes that every replica reads (view.ts). Triggers write it, so that no statement
// can forget to. A row is written when something ends or changes that a replica may remember:
//
//   s   the sid of a session that ended, or that ends sooner than before
//   u   the name of a user who was changed or deleted
//   t   the jti of a token without a session that was revoked
//   m   the name of a service token that was made or revoked (service_tokens.ts)
//
// The keys have a version, which is in every answer.
// A rotation writes no row: a remembered session that seems to have expired is read again. A purge
// writes none: it removes only what has expired.

/** Makes the log and the triggers that write it. */
export const changeLog: readonly string[] = [
  `create table postern.changes (
    xid xid8 not null default pg_current_xact_id(),
    what "char" not null,
    key text collate "C" not null,
    at timestamptz not null default clock_timestamp()
  )`,
  "create index changes_xid on postern.changes (xid)",
  `create function postern.log_change() returns trigger language plpgsql as $$
    begin
      insert into postern.changes (what, key) values (
        tg_argv[0]::"char",
        case tg_op when 'INSERT' then row_to_json(new) else row_to_json(old) end ->> tg_argv[1]
      );
      return null;
    end
  $$`,
  `create trigger ended after delete on postern.sessions for each row
    when (current_setting('postern.purging', true) is distinct from 'on')
    execute function postern.log_change('s', 'sid')`,
  `create trigger shortened after update on postern.sessions for each row
    when (new.idle_expires_at < old.idle_expires_at)
    execute function postern.log_change('s', 'sid')`,
  `create trigger changed after update or delete on postern.users for each row
    execute function postern.log_change('u', 'username')`,
  `create trigger revoked after insert on postern.revoked_tokens for each row
    execute function postern.log_change('t', 'jti')`,
  // Removes rows that every replica has read: those that were visible in a snapshot of one
  // retention ago. A row's time does not show that: its transaction may have committed much later.
  `create function postern.purge_changes(p_retention interval, p_most integer) returns bigint
    language plpgsql as $$
    declare
      f postern.facts;
      gone bigint := 0;
    begin
      select * into f from postern.facts for update skip locked;
      if not found or f.changes_seen_at > clock_timestamp() - p_retention then return 0; end if;
      delete from postern.changes where ctid = any (array(
        select ctid from postern.changes where xid < pg_snapshot_xmax(f.changes_seen)
          and pg_visible_in_snapshot(xid, f.changes_seen) limit p_most
      ));
      get diagnostics gone = row_count;
      if gone < p_most then
        update postern.facts
          set changes_seen = pg_current_snapshot(), changes_seen_at = clock_timestamp();
      end if;
      return gone;
    end
  $$`,
]
