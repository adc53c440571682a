// The use of a refresh token, in one statement. Here the rules of domain/session.ts stand a second
// time: reading the session, judging it there and writing it back would take three round trips
// under a lock. A test compares the two on random sessions. The grace is measured by the database's
// clock, where p_steady_at is null: replicas' clocks may differ.

/** Makes the function of the rotation. */
export const rotation: readonly string[] = [
  // Gives what a number is to a session: domain/session.ts's judge().
  `create function postern.judge(s postern.sessions, p_presented bigint, p_at bigint,
      p_steady_at bigint, p_grace bigint, p_network text, p_agent text)
    returns text immutable language sql as $$
    select case
      when p_at >= s.idle_expires_at then 'expired'
      when postern.is_ahead(s.started_at, p_at) then 'ahead'
      when p_presented = s.rotations then 'current'
      when p_presented > s.rotations and p_presented < 281474976710655 then 'newer'
      when p_presented <> s.rotations - 1 or p_grace = 0
        or abs(p_steady_at - s.rotated_at) > p_grace then 'reused'
      when p_network = s.network or p_agent = s.user_agent
        or (s.shared_run > 0 and s.shared_rotation = s.rotations) then 'parent'
      when s.shared_rotation <> s.rotations - 1 or s.shared_run + 1 < 3 then 'shared'
      else 'reused'
    end
  $$`,
  `create function postern.rotate_session(p_sid text, p_presented bigint, p_at bigint,
      p_steady_at bigint, p_ttl bigint, p_grace bigint, p_idle bigint, p_max_age bigint,
      p_address text, p_network text, p_agent text)
    returns json language plpgsql as $$
    declare
      s postern.sessions;
      u postern.users;
      judged text;
      ends bigint;
    begin
      p_steady_at := coalesce(p_steady_at, extract(epoch from clock_timestamp())::bigint);
      select * into s from postern.sessions where sid = p_sid for update;
      if not found then return json_build_object('judged', 'gone'); end if;
      select * into u from postern.users where username = s.username;
      judged := postern.judge(s, p_presented, p_at, p_steady_at, p_grace, p_network, p_agent);
      if judged in ('current', 'newer') then
        if s.used_before_at is null
          or p_at - p_at % 600 > s.last_used_at - s.last_used_at % 600 then
          s.used_before_at := s.last_used_at;
          s.used_before_address := s.address;
          s.used_before_agent := s.user_agent;
        end if;
        ends := least(least(s.started_at, p_at) + p_max_age, s.expires_at);
        update postern.sessions set rotations = p_presented + 1, rotated_at = p_steady_at,
          last_used_at = p_at, expires_at = ends, idle_expires_at = least(p_at + p_idle, ends),
          address = p_address, network = p_network, user_agent = p_agent,
          used_before_at = s.used_before_at, used_before_address = s.used_before_address,
          used_before_agent = s.used_before_agent
        where sid = p_sid returning * into s;
        perform postern.note_use(p_at);
      elsif judged = 'shared' then
        update postern.sessions set shared_rotation = rotations, shared_run =
          case shared_rotation when rotations - 1 then shared_run + 1 else 1 end
        where sid = p_sid returning * into s;
      elsif judged = 'reused' then
        perform postern.end_sessions(array[p_sid], p_at, p_ttl, p_grace);
      end if;
      return json_build_object('judged', judged, 'session', s, 'user', u);
    end
  $$`,
]
