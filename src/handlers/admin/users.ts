// GET and POST /admin/users: pages of users, and new ones.

import { canonicalPart, isNameInRecord, usernameRule } from "../../domain/username.ts"
import { versionOfContent } from "../../domain/version.ts"
import { AuthError } from "../../errors.ts"
import { tagOf } from "../../http/entity_tag.ts"
import { type BodyHandler, type Handler, withBody } from "../../http/guard.ts"
import { readTexts } from "../../http/json_body.ts"
import { json, jsonText, type RequestHead } from "../../http/message.ts"
import { requireQuery } from "../../http/query.ts"
import type { MadeLink } from "../../service/browser/links.ts"
import { requireName, unknownUser } from "../../service/create_user.ts"
import { requireRole } from "../../service/user_rights.ts"
import type { ListedPage, UserView } from "../../service/user_view.ts"
import {
  type AdminContext,
  type AdminParts,
  type Asked,
  readReply,
  runNew,
  shownUser,
} from "./admin_parts.ts"

/** How many users a page has. */
const pageSizes = { usual: 50, most: 200 } as const

/** Answers a page of users, ordered by name, each with the ETag for changes. */
export function listUsers(parts: AdminParts): Handler<AdminContext> {
  return async (head, { principal }) => {
    const question = readQuestion(head)
    const isSearch = question.search !== "" || question.role !== ""
    if (isSearch) parts.requireRate("searches", principal.username)
    const { users, next } = await parts.accounts.page(question)
    const value = { users: users.map(shownInList), next: next === null ? null : cursorOf(next) }
    return readReply(value, versionOfContent(jsonText(value)), head)
  }
}

/** Makes a user with a password, or invites one by a link. */
export function createUser(parts: AdminParts): BodyHandler<AdminContext> {
  return withBody(async (request, { principal }) => {
    const { username, password } = readTexts(request, ["username"], { optional: ["password"] })
    parts.requireRate("passwords", principal.username)
    const asked = { head: request, principal, parts }
    if (password == null) return invited(username, asked)
    const made = await runNew<UserView>({ command: "user.add", username, password }, asked)
    return json(201, shownUser(made), placeOf(made))
  })
}

async function invited(typed: string, asked: Asked) {
  const { accounts, requireRate } = asked.parts
  requireRate("links", asked.principal.username)
  const username = requireName(typed)
  const { url, expiresAt } = await runNew<MadeLink>({ command: "user.invite", username }, asked)
  const user = await accounts.find(username)
  if (user === null) throw unknownUser(username)
  const invite = { url, expires_at: expiresAt }
  return json(201, { ...shownUser(user), invite }, placeOf(user))
}

function placeOf({ username, version }: UserView) {
  return { ETag: tagOf(version), Location: `/admin/users/${encodeURIComponent(username)}` }
}

function shownInList(user: ListedPage["users"][number]) {
  const { version, isLocked, factorState } = user
  return { ...shownUser(user), etag: tagOf(version), locked: isLocked, mfa: factorState }
}

function readQuestion(head: RequestHead) {
  const asked = requireQuery(head, ["search", "role", "limit", "cursor"])
  return {
    after: asked.cursor === "" ? "" : nameOf(asked.cursor),
    limit: asked.limit === "" ? pageSizes.usual : requireLimit(asked.limit),
    search: asked.search === "" ? "" : requirePart(asked.search),
    role: asked.role === "" ? "" : requireRole(asked.role),
  }
}

function requireLimit(text: string): number {
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= pageSizes.most) return limit
  const message = `'limit' must be a whole number from 1 to ${pageSizes.most}`
  throw new AuthError("invalid_request", message)
}

function requirePart(typed: string): string {
  const part = canonicalPart(typed)
  if (part !== null) return part
  const message = `'search' is no part of a name: a name has ${usernameRule}`
  throw new AuthError("invalid_request", message)
}

/** The cursor of a page that begins after a name. */
function cursorOf(username: string): string {
  return Buffer.from(username).toString("base64url")
}

function nameOf(cursor: string): string {
  const name = Buffer.from(cursor, "base64url").toString("latin1")
  if (isNameInRecord(name) && cursorOf(name) === cursor) return name
  throw new AuthError("invalid_request", "'cursor' must be the 'next' of a page before")
}
