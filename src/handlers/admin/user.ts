// /admin/users/{username}: one user, and the changes of one.

import { AuthError } from "../../errors.ts"
import { tagOf } from "../../http/entity_tag.ts"
import { type BodyHandler, type Handler, withBody } from "../../http/guard.ts"
import { readJsonBody, readTexts } from "../../http/json_body.ts"
import { json } from "../../http/message.ts"
import type { MadeLink } from "../../service/browser/links.ts"
import { unknownUser } from "../../service/create_user.ts"
import type { UserView } from "../../service/user_view.ts"
import {
  type AdminContext,
  type AdminParts,
  changeSeen,
  readReply,
  runSeen,
  segmentsOf,
  shownUser,
  usernameOf,
} from "./admin_parts.ts"

/** Answers a user. */
export function showUser({ accounts }: AdminParts): Handler<AdminContext> {
  return async (head, context) => {
    const user = await requireUser(usernameOf(context), accounts)
    return readReply(shownUser(user), user.version, head)
  }
}

/** Sets a user's password, and ends the sessions. */
export function setPassword(parts: AdminParts): BodyHandler<AdminContext> {
  return withBody(async (request, context) => {
    const { principal } = context
    const { password } = readTexts(request, ["password"])
    parts.requireRate("passwords", principal.username)
    const command = { command: "user.password", username: usernameOf(context), password } as const
    return changeSeen(command, { head: request, principal, parts })
  })
}

/** Sets a claim to the `value` of the body, which is any JSON. */
export function setClaim(parts: AdminParts): BodyHandler<AdminContext> {
  return withBody(async (request, context) => {
    const body = readJsonBody(request)
    const [name, ...more] = Object.keys(body)
    if (name !== "value" || more.length > 0) {
      throw new AuthError("invalid_request", "The body must have the one member 'value'")
    }
    const asked = { head: request, principal: context.principal, parts }
    const value = body["value"]
    return changeSeen({ command: "user.claim.set", ...segmentsOf(context), value }, asked)
  })
}

/** Makes a link by which the user sets a password: shown once. */
export function makeLink(parts: AdminParts): BodyHandler<AdminContext> {
  return withBody(async (request, context) => {
    const { principal } = context
    const isBare = request.body.byteLength === 0
    const { mfa } = isBare ? { mfa: false } : readTexts(request, [], { flags: ["mfa"] })
    parts.requireRate("links", principal.username)
    const username = usernameOf(context)
    const { link } = await requireUser(username, parts.accounts)
    // Who was invited and has no password yet needs a day, not an hour.
    const isAgain = link?.kind === "invite" && mfa !== true
    const command = isAgain
      ? ({ command: "user.invite", username } as const)
      : ({ command: "user.reset", username, mfa: mfa === true } as const)
    const made = await runSeen<MadeLink>(command, { head: request, principal, parts })
    const { kind, url, expiresAt, version } = made
    const value = { username, kind, url, expires_at: expiresAt }
    return json(201, value, { ETag: tagOf(version) })
  })
}

/** Answers what wrong passwords and codes have done to a user. */
export function showLock({ accounts }: AdminParts): Handler<AdminContext> {
  return async (_head, context) => {
    const lock = await accounts.readLock(usernameOf(context))
    return json(200, {
      locked: lock.isLocked,
      wrong_passwords: { strangers: lock.strangers, devices: lock.devices },
      ...{ codes_locked: lock.areCodesLocked, wrong_codes: lock.wrongCodes },
    })
  }
}

async function requireUser(username: string, accounts: AdminParts["accounts"]): Promise<UserView> {
  const user = await accounts.find(username)
  if (user === null) throw unknownUser(username)
  return user
}
