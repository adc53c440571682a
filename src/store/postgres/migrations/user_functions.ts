// The functions that create users, count their failed logins, and remove what has expired.

/** Makes the functions of users. */
export const userFunctions: readonly string[] = [
  `create function postern.insert_user(p_user json) returns boolean language plpgsql as $$
    begin
      insert into postern.users
        select * from json_populate_record(null::postern.users, p_user) on conflict do nothing;
      return found;
    end
  $$`,
  // The reservation is looked at after the insertion, which has waited for a deletion in progress.
  // seed_users holds the row of facts until it has finished.
  `create function postern.create_user(p_user json) returns text language plpgsql as $$
    declare
      name text := p_user ->> 'username';
      reserved postern.reserved_names;
    begin
      update postern.facts set has_had_users = true where not has_had_users;
      if not postern.insert_user(p_user) then return 'taken'; end if;
      select * into reserved from postern.reserved_names where username = name for update;
      if not found then return 'created'; end if;
      if not reserved.is_released then
        delete from postern.users where username = name;
        return 'reserved';
      end if;
      update postern.users set tokens_not_before =
        greatest(tokens_not_before, reserved.deleted_at + 1) where username = name;
      delete from postern.reserved_names where username = name;
      return 'created';
    end
  $$`,
  `create function postern.seed_users(p_users json) returns boolean language plpgsql as $$
    declare f postern.facts;
    begin
      select * into f from postern.facts for update;
      if f.has_had_users then return false; end if;
      perform postern.insert_user(u) from json_array_elements(p_users) u;
      update postern.facts set has_had_users = true;
      return true;
    end
  $$`,
  // Resets the next p_most users after a name, by the rule of domain/user.ts's resetUser().
  `create function postern.reset_users(
      p_after text, p_most integer, p_at bigint, p_ttl bigint, p_grace bigint)
    returns json language plpgsql as $$
    declare
      names text[];
      ended bigint;
    begin
      select array_agg(u.username) into names from (
        select username from postern.users where username > p_after
        order by username limit p_most for no key update
      ) u;
      update postern.users set tokens_not_before = 1 + case
          when tokens_not_before > p_at + 60 then p_at
          else greatest(p_at, tokens_not_before - 1)
        end
        where username = any (names);
      select count(*) into ended from postern.end_sessions(
        array(select sid from postern.sessions where username = any (names)), p_at, p_ttl, p_grace);
      return json_build_object('last', (select max(name collate "C") from unnest(names) name),
        'users', coalesce(cardinality(names), 0), 'sessions', ended);
    end
  $$`,
  // Counts one failure of a user who exists and has fewer than p_most, or else one of a decoy.
  // The lock of the user's row waits for a deletion in progress. Each decoy's count starts again at
  // some point, so that each failure writes.
  `create function postern.count_failure(
      p_username text, p_strangers integer, p_devices integer, p_most integer, p_decoy integer)
    returns json language plpgsql as $$
    declare counted record;
    begin
      insert into postern.failed_logins as f
        select u.username, p_strangers, p_devices from postern.users u
        where u.username = p_username and p_most > 0 for key share
        on conflict (username) do update
          set strangers = f.strangers + p_strangers, devices = f.devices + p_devices
          where f.strangers * p_strangers + f.devices * p_devices < p_most
        returning f.username, f.strangers, f.devices into counted;
      if not found then
        update postern.decoy_failed_logins as f set
          strangers = (f.strangers + p_strangers) % 1000000,
          devices = (f.devices + p_devices) % 1000000
        where number = p_decoy returning '-' as username, f.strangers, f.devices into counted;
      end if;
      return row_to_json(counted);
    end
  $$`,
  // The setting tells the triggers that what is deleted has expired.
  `create function postern.purge_sessions(p_now bigint, p_most integer) returns bigint
    language plpgsql as $$
    declare gone bigint;
    begin
      perform set_config('postern.purging', 'on', true);
      delete from postern.sessions where sid = any (array(
        select sid from postern.sessions
        where idle_expires_at <= p_now limit p_most for update skip locked
      ));
      get diagnostics gone = row_count;
      perform set_config('postern.purging', 'off', true);
      return gone;
    end
  $$`,
  `create function postern.purge_revocations(p_now bigint, p_most integer) returns bigint
    language sql as $$
    with ended as (
      delete from postern.ended_sessions where sid = any (array(
        select sid from postern.ended_sessions
        where tokens_expire_at <= p_now limit p_most for update skip locked
      )) returning 1
    ), revoked as (
      delete from postern.revoked_tokens where jti = any (array(
        select jti from postern.revoked_tokens
        where expires_at <= p_now limit p_most for update skip locked
      )) returning 1
    )
    select greatest((select count(*) from ended), (select count(*) from revoked))
  $$`,
]
