// What the description of the API says of the admin API's keys and service tokens.

import {
  closed,
  instant,
  listOf,
  named,
  type Operations,
  orNull,
  type SuccessReply,
  text,
} from "../../openapi/operation.ts"

const key = named(
  "Key",
  closed({
    kid: orNull(text("Its name; null for a shared secret.")),
    alg: text("Its algorithm."),
    state: text("What it does now."),
    published_at: orNull(instant("When it was published")),
    signs_from: orNull(instant("From when it signs")),
    kept_until: orNull(instant("Until when its tokens are accepted")),
  }),
)

const keys: SuccessReply = {
  ...{ status: 200, description: "The keys, in the order in which they sign.", hasTag: true },
  schema: closed({ keys: listOf(key, "The keys.") }),
}

/** The reply to a client that has this version already. */
export const notModified: SuccessReply = {
  ...{ status: 304, description: "The client has this version.", hasTag: true },
}
/** The reply of what was done, where nothing is to be said. */
export const done: SuccessReply = { status: 204, description: "Done." }

const tokenMembers = {
  name: text("The name of the token."),
  roles: listOf({ type: "string" }, "Its roles."),
  fresh: { type: "boolean", description: "Whether it counts as a fresh login." },
  acr: { type: "string", enum: ["aal1", "aal2"] },
  created_at: instant("When it was made"),
  expires_at: instant("When it expires"),
}

const listedToken = named(
  "ServiceToken",
  closed({
    ...tokenMembers,
    expired: { type: "boolean", description: "Whether it has expired." },
    last_used_at: orNull(instant("About when it was last used")),
    last_address: text("From where; empty before the first use."),
  }),
)

/** The endpoints, by method and path. */
export const keyOperations: Operations = {
  "GET /admin/keys": {
    id: "listKeys",
    summary: "Lists the keys that sign tokens.",
    replies: [keys, notModified],
  },
  "POST /admin/keys/rotate": {
    id: "rotateKeys",
    summary: "Publishes a new key. It signs once verifiers have had time to fetch it.",
    replies: [keys],
    isConditional: true,
  },
  "DELETE /admin/keys/{kid}": {
    id: "retireKey",
    summary: "Refuses a key and all that it signed. The name may be `refresh` or `cookies`.",
    replies: [keys],
    isConditional: true,
    errors: ["not_found"],
  },
  "GET /admin/tokens": {
    id: "listServiceTokens",
    summary: "Lists the service tokens, and when each was last used.",
    replies: [
      {
        ...{ status: 200, description: "The tokens, ordered by name." },
        schema: closed({ tokens: listOf(listedToken, "The tokens.") }),
      },
    ],
  },
  "POST /admin/tokens": {
    id: "createServiceToken",
    summary: "Makes a service token, which lets a machine in. It never administers.",
    body: {
      schema: closed(
        { name: tokenMembers.name },
        { roles: tokenMembers.roles, expires: text("When it expires: from `1h` to `400d`.") },
      ),
    },
    replies: [
      {
        ...{ status: 201, description: "The token. It is shown this once." },
        schema: closed({ ...tokenMembers, token: text("For `Authorization: Bearer`.") }),
      },
    ],
    errors: ["username_taken"],
  },
  "DELETE /admin/tokens/{name}": {
    id: "revokeServiceToken",
    summary: "Revokes a service token. It is refused from the next request on.",
    replies: [done],
    errors: ["not_found"],
  },
}
