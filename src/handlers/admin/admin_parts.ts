// What the handlers of the admin API work with: the operator's commands, as acts of an admin. Each
// change runs a row of the table of commands (admin/commands.ts).

import type { CommandParts } from "../../admin/admin_command.ts"
import { type CommandName, perform } from "../../admin/commands.ts"
import type { JsonObject } from "../../domain/strict_json.ts"
import { AuthError } from "../../errors.ts"
import { callerOf } from "../../http/caller.ts"
import { isKnown, readIfMatch, tagOf } from "../../http/entity_tag.ts"
import type { GuardedContext, Handler } from "../../http/guard.ts"
import { json, noContent, type Reply, type RequestHead } from "../../http/message.ts"
import { type Act, byAdmin } from "../../service/act.ts"
import type { RequireAdminRate } from "../../service/admin_rates.ts"
import type { Principal } from "../../service/authenticate.ts"
import { requireName } from "../../service/create_user.ts"
import type { ListedSession } from "../../service/listed_sessions.ts"
import type { UserView } from "../../service/user_view.ts"

/** What each handler may use. */
export interface AdminParts extends CommandParts {
  readonly requireRate: RequireAdminRate
  /** The sessions of a user, as the user sees them. The username is canonical. */
  readonly listSessions: (username: string) => Promise<readonly ListedSession[]>
}

/** What the guard gives with a request. */
export type AdminContext = GuardedContext<Principal>

/** Runs a command as an admin who needs to have seen nothing: of something new, or for ever. */
export function runNew<T>(
  command: JsonObject & { readonly command: CommandName },
  { head, principal, parts }: Asked,
): Promise<T> {
  return run(command, byAdmin(principal.username, callerOf(head), "new"), parts)
}

/**
 * Runs a command as an admin who has seen what it changes.
 * @throws AuthError `precondition_required`, `precondition_failed`
 */
export function runSeen<T>(
  command: JsonObject & { readonly command: CommandName },
  { head, principal, parts }: Asked,
): Promise<T> {
  const ifVersion = readIfMatch(head)
  return run(command, byAdmin(principal.username, callerOf(head), { ifVersion }), parts)
}

/** Who asks for what. */
export interface Asked {
  readonly head: RequestHead
  readonly principal: Principal
  readonly parts: AdminParts
}

async function run<T>(command: JsonObject, act: Act, parts: AdminParts): Promise<T> {
  return (await perform(command, parts, act)) as T
}

/**
 * The text of a `{name%}` segment (RFC 3986 §2.1). It is decoded once, and only here: the router
 * has compared the path as it was sent, so no decoded `/` or `..` leads anywhere else.
 */
function readSegment({ params }: AdminContext, name: string): string {
  try {
    return decodeURIComponent(params[name] ?? "")
  } catch {
    throw new AuthError("invalid_request", `The ${name} in the path is not percent-encoded UTF-8`)
  }
}

/** The user of the path, in canonical form. @throws AuthError `invalid_request` */
export function usernameOf(context: AdminContext): string {
  return requireName(readSegment(context, "username"))
}

/** The segments of the path by their names, as commands take them. A username is canonical. */
export function segmentsOf(context: AdminContext): Readonly<Record<string, string>> {
  const names = Object.keys(context.params)
  const textOf = (name: string) =>
    name === "username" ? usernameOf(context) : readSegment(context, name)
  return Object.fromEntries(names.map((name) => [name, textOf(name)]))
}

/** Changes a user by a command that takes what the path names. Answers the user. */
export function changeUser(command: CommandName, parts: AdminParts): Handler<AdminContext> {
  return async (head, context) => {
    const asked = { head, principal: context.principal, parts }
    return changeSeen({ command, ...segmentsOf(context) }, asked)
  }
}

/** Removes what the path names. `run` says whether the admin has to have seen it. */
export function remove(
  command: CommandName,
  { run, parts }: { readonly run: typeof runSeen | typeof runNew; readonly parts: AdminParts },
): Handler<AdminContext> {
  return async (head, context) => {
    await run({ command, ...segmentsOf(context) }, { head, principal: context.principal, parts })
    return noContent
  }
}

/** A user as the API shows one. Every member is of the version that the ETag names. */
export function shownUser(user: UserView): JsonObject {
  const { username, roles, claims, disabled, createdAt, tokensNotBefore, link } = user
  return {
    ...{ username, roles, claims, disabled, invited: link?.kind === "invite" },
    ...{ created_at: createdAt, tokens_not_before: tokensNotBefore },
    link: link && {
      ...{ kind: link.kind, expires_at: link.expiresAt, removes_factors: link.removesFactors },
    },
    ...{ otp: user.hasTotp, passkeys: user.passkeys },
  }
}

/** Changes a user whom the admin has seen, and answers the user. */
export async function changeSeen(
  command: JsonObject & { readonly command: CommandName },
  asked: Asked,
): Promise<Reply> {
  return userReply(await runSeen<UserView>(command, asked))
}

/** The reply with a user after a change. */
export function userReply(user: UserView): Reply {
  return json(200, shownUser(user), { ETag: tagOf(user.version) })
}

/** A reply that is read: 304 when the client has it already. */
export function readReply(value: object, version: string, head: RequestHead): Reply {
  const tag = tagOf(version)
  if (isKnown(head, tag)) {
    return { status: 304, headers: { "Cache-Control": "no-store", ETag: tag }, body: "" }
  }
  return json(200, value, { ETag: tag })
}
