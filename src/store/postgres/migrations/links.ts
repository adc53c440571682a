// The links of users. A reset voids them, also by an older release of Postern, which does not know
// the column.

/**
 * Adds the column, and the trigger that voids. A second reset within one second leaves a row as it
 * was; no other change does.
 */
export const links: readonly string[] = [
  "alter table postern.users add column link text",
  `create function postern.void_link() returns trigger language plpgsql as $$
    begin
      new.link := null;
      return new;
    end
  $$`,
  `create trigger voided before update on postern.users for each row
    when (new.tokens_not_before <> old.tokens_not_before or new.* is not distinct from old.*)
    execute function postern.void_link()`,
]
