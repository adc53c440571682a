// /admin/users/{username}/roles/{role} and …/claims/{claim}: what a user's tokens say.

import { AuthError } from "../../errors.ts"
import { type BodyHandler, type Handler, withBody } from "../../http/guard.ts"
import { readJsonBody } from "../../http/json_body.ts"
import { readSegment } from "../../http/path_segment.ts"
import { type AdminContext, type AdminParts, changeSeen, usernameOf } from "./admin_parts.ts"

/** Gives a user a role, or takes it. */
export function changeRole(
  command: "user.role.add" | "user.role.remove",
  parts: AdminParts,
): Handler<AdminContext> {
  return async (head, context) => {
    const asked = { head, principal: context.principal, parts }
    const role = readSegment(context, "role")
    return changeSeen({ command, username: usernameOf(context), role }, asked)
  }
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
    const wanted = { claim: readSegment(context, "claim"), value: body["value"] }
    const command = { command: "user.claim.set", username: usernameOf(context), ...wanted } as const
    return changeSeen(command, asked)
  })
}

/** Removes a claim. */
export function removeClaim(parts: AdminParts): Handler<AdminContext> {
  return async (head, context) => {
    const asked = { head, principal: context.principal, parts }
    const wanted = { username: usernameOf(context), claim: readSegment(context, "claim") }
    return changeSeen({ command: "user.claim.remove", ...wanted }, asked)
  }
}
