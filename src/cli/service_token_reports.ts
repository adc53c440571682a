// What the operator's commands print about service tokens.

import { isoTime } from "../clock.ts"
import { machineName } from "../domain/service_token.ts"
import { quotedName } from "../domain/username.ts"
import type {
  ListedServiceToken,
  MadeServiceToken,
  ServiceTokenSummary,
} from "../service/service_tokens.ts"
import { counted, inColumns } from "./columns.ts"

/** A new token for people. The token stands on a line of its own. */
export function madeInText(value: unknown): string {
  const made = value as MadeServiceToken
  const { name, token, roles, expiresAt } = made
  const rights = roles.length === 0 ? "without roles" : `with the roles ${roles.join(", ")}`
  return (
    `Made service token ${quotedName(name)}, ${rights}, until ${isoTime(expiresAt)}. ` +
    `Services see '${machineName(name)}'.\n` +
    `Keep it now, it is not shown again:\n${token}\n`
  )
}

/** A new token for programs. */
export function madeInJson(value: unknown): string {
  const made = value as MadeServiceToken
  return `${JSON.stringify({ ...inJson(made), token: made.token })}\n`
}

/** What a list of tokens has for programs. */
export function serviceTokensOf(value: unknown) {
  return (value as readonly ListedServiceToken[]).map((token) => ({
    ...inJson(token),
    expired: token.hasExpired,
    last_used_at: token.lastUsedAt,
    last_address: token.lastAddress,
  }))
}

function inJson({ name, roles, fresh, acr, createdAt, expiresAt }: ServiceTokenSummary) {
  return { name, roles, fresh, acr, created_at: createdAt, expires_at: expiresAt }
}

const head = ["NAME", "STATE", "ROLES", "COUNTS AS", "CREATED", "EXPIRES", "LAST USED", "ADDRESS"]

/** The tokens as a table. */
export function serviceTokensInText(value: unknown): string {
  const tokens = value as readonly ListedServiceToken[]
  if (tokens.length === 0) {
    return "There are no service tokens. `postern token create NAME` makes one.\n"
  }
  const rows = tokens.map(({ name, roles, fresh, acr, hasExpired, lastUsedAt, ...token }) => [
    ...[name, hasExpired ? "expired" : "good", roles.join(" ") || "-"],
    [...(fresh ? ["fresh"] : []), ...(acr === "aal2" ? [acr] : [])].join(" ") || "-",
    ...[isoTime(token.createdAt), isoTime(token.expiresAt)],
    ...(lastUsedAt === null ? ["never", "-"] : [isoTime(lastUsedAt), token.lastAddress]),
  ])
  return inColumns([head, ...rows])
}

/** What became of service tokens when a store was restored; nothing where there were none. */
export function revokedInText(count: number): string {
  if (count === 0) return ""
  return `Revoked ${counted(count, "service token")}. \`postern token create\` makes others.\n`
}
