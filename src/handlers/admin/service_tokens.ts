// /admin/tokens: tokens for machines. What an admin makes over HTTP never administers, and counts
// as no fresh login and as no second factor: a machine has those only if the operator at the
// machine says so.

import { AuthError } from "../../errors.ts"
import { type BodyHandler, type Handler, withBody } from "../../http/guard.ts"
import { readJsonBody } from "../../http/json_body.ts"
import { json } from "../../http/message.ts"
import type {
  ListedServiceToken,
  MadeServiceToken,
  ServiceTokenSummary,
} from "../../service/service_tokens.ts"
import { requireRole } from "../../service/user_rights.ts"
import { type AdminContext, type AdminParts, runNew } from "./admin_parts.ts"

/** Answers the tokens, ordered by name, without their texts. */
export function listServiceTokens({ serviceTokens }: AdminParts): Handler<AdminContext> {
  return async () => {
    const tokens: readonly ListedServiceToken[] = await serviceTokens.list()
    return json(200, {
      tokens: tokens.map((one) => ({
        ...{ ...shown(one), expired: one.hasExpired },
        ...{ last_used_at: one.lastUsedAt, last_address: one.lastAddress },
      })),
    })
  }
}

/** Makes a token, and shows it this once. */
export function createServiceToken(parts: AdminParts): BodyHandler<AdminContext> {
  return withBody(async (request, { principal }) => {
    const { name, expires, roles = [], ...others } = readJsonBody(request)
    const isAsked =
      typeof name === "string" &&
      (expires === undefined || typeof expires === "string") &&
      isTexts(roles) &&
      Object.keys(others).length === 0
    if (!isAsked) {
      const message = "The body may have 'name' and 'expires', which are text, and a list 'roles'"
      throw new AuthError("invalid_request", message)
    }
    parts.requireRate("serviceTokens", principal.username)
    const role = roles.map(requireRole).join(",")
    const asked = { name, role, ...(expires === undefined ? {} : { expires }) }
    const made = await runNew<MadeServiceToken>(
      { command: "token.create", ...asked },
      { head: request, principal, parts },
    )
    return json(201, { ...shown(made), token: made.token })
  })
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string")
}

function shown({ name, roles, fresh, acr, createdAt, expiresAt }: ServiceTokenSummary) {
  return { name, roles, fresh, acr, created_at: createdAt, expires_at: expiresAt }
}
