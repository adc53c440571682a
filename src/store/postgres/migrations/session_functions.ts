// The functions that change sessions. Starting a session, or ending all of a user, locks the user
// first, so a session of an old password can't survive a reset. A rotation locks its session alone.

/** Makes the functions of sessions. */
export const sessionFunctions: readonly string[] = [
  `create function postern.is_ahead(p_instant bigint, p_now bigint) returns boolean
    immutable language sql as $$ select p_instant > p_now + 172800 $$`,
  // Notes about when a session was last used, so that a start need not look at all sessions. Most
  // uses find it noted: the row is written at most once in ten seconds, and nobody waits for it. A
  // time that is ahead of the clock is taken back.
  `create function postern.note_use(p_at bigint) returns void language plpgsql as $$
    begin
      perform from postern.facts where last_use_at between p_at - 10 and p_at + 60;
      if found then return; end if;
      update postern.facts set last_use_at = p_at
        where id = (select id from postern.facts for update skip locked);
    end
  $$`,
  `create function postern.insert_session(p_session json) returns void language sql as $$
    select postern.note_use((p_session ->> 'last_used_at')::bigint);
    insert into postern.sessions (sid, username, started_at, last_used_at, rotated_at,
      idle_expires_at, expires_at, rotations, address, network, user_agent, used_before_at,
      used_before_address, used_before_agent, shared_rotation, shared_run)
    select s.sid, s.username, s.started_at, s.last_used_at,
      coalesce(s.rotated_at, extract(epoch from clock_timestamp())::bigint),
      s.idle_expires_at, s.expires_at, s.rotations, s.address, s.network, s.user_agent,
      s.used_before_at, s.used_before_address, s.used_before_agent, s.shared_rotation, s.shared_run
    from json_populate_record(null::postern.sessions, p_session) s
  $$`,
  // Ends sessions, and lists each for as long as its access tokens may be valid: not before the
  // last of them was given, even if the clock was set back since.
  `create function postern.end_sessions(p_sids text[], p_at bigint, p_ttl bigint, p_grace bigint)
    returns setof postern.sessions language sql as $$
    with ended as (
      delete from postern.sessions where sid = any (p_sids) returning *
    ), listed as (
      insert into postern.ended_sessions as e
      select sid, greatest(last_used_at, least(p_at, last_used_at + p_grace)) + p_ttl from ended
      on conflict (sid) do update
        set tokens_expire_at = greatest(e.tokens_expire_at, excluded.tokens_expire_at)
    )
    select * from ended order by array_position(p_sids, sid)
  $$`,
  `create function postern.end_all_sessions(
      p_username text, p_except text, p_at bigint, p_ttl bigint, p_grace bigint)
    returns setof postern.sessions language plpgsql as $$
    begin
      perform from postern.users where username = p_username for no key update;
      return query select * from postern.end_sessions(
        array(
          select sid from postern.sessions
          where username = p_username and sid is distinct from p_except order by number
        ), p_at, p_ttl, p_grace);
    end
  $$`,
  `create function postern.start_session(p_session json, p_hash text, p_sessions_max bigint,
      p_at bigint, p_ttl bigint, p_grace bigint, p_replaces json)
    returns json language plpgsql as $$
    declare
      u postern.users;
      ended json;
    begin
      select * into u from postern.users
        where username = p_session ->> 'username' for no key update;
      if not found or u.disabled or u.password_hash <> p_hash then return null; end if;
      perform from postern.sessions where sid = p_session ->> 'sid';
      if found then return null; end if;
      if p_replaces is not null then
        if (p_replaces ->> 'issued_at')::bigint < u.tokens_not_before then return null; end if;
        insert into postern.revoked_tokens
          select * from json_populate_record(null::postern.revoked_tokens, p_replaces)
          on conflict do nothing;
        if not found then return null; end if;
      end if;
      select coalesce(json_agg(e), '[]') into ended from postern.end_sessions(
        postern.surplus_sessions(u.username, p_sessions_max - 1, p_at), p_at, p_ttl, p_grace) e;
      perform postern.insert_session(p_session);
      return json_build_object('user', u, 'ended', ended);
    end
  $$`,
  // The sessions to end so that p_most are left: expired ones first, then the oldest.
  `create function postern.surplus_sessions(p_username text, p_most bigint, p_at bigint)
    returns text[] stable language sql as $$
    select array(
      select sid from (
        select sid, count(*) over () as total, row_number() over (
          order by p_at < idle_expires_at and not postern.is_ahead(started_at, p_at),
            started_at, number) as place
        from postern.sessions where username = p_username
      ) s where place <= total - p_most order by place
    )
  $$`,
]
