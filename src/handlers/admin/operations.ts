// What the description of the API says of the admin API.

import {
  type Body,
  closed,
  count,
  instant,
  listOf,
  named,
  type Operation,
  type Operations,
  orNull,
  type Schema,
  type SuccessReply,
  text,
} from "../../openapi/operation.ts"
import { userSession } from "../operations.ts"
import { done, keyOperations, notModified } from "./key_operations.ts"

const name = text("The name of the user.")
const flag = (description: string): Schema => ({ type: "boolean", description })
const password = text("The password.", { format: "password" })
const methods: Schema = { type: "string", enum: ["otp", "recovery", "passkey"] }
const anyValue: Schema = { description: "Any JSON." }

const userMembers = {
  username: name,
  roles: listOf({ type: "string" }, "The roles of the user."),
  claims: { type: "object", description: "The claims in the user's tokens." },
  disabled: flag("Whether the user may not log in."),
  invited: flag("Whether the user has a link in the place of a password."),
  created_at: instant("When the user was made"),
  tokens_not_before: instant("Tokens from before are refused; 0 refuses none"),
  link: orNull(
    closed({
      kind: { type: "string", enum: ["invite", "reset"] },
      expires_at: instant("When the link expires"),
      removes_factors: flag("Whether its use removes the second factors, too."),
    }),
  ),
  otp: flag("Whether there is an authenticator app."),
  passkeys: count("How many passkeys there are."),
} as const satisfies Record<string, Schema>

const user = named("User", closed(userMembers))
const listedUser = named(
  "ListedUser",
  closed({
    ...userMembers,
    etag: text("For `If-Match`."),
    locked: flag("Whether strangers are locked out."),
    mfa: { type: "string", enum: ["none", "required", "on", "locked"] },
  }),
)

const shown: SuccessReply = {
  ...{ status: 200, description: "The user.", schema: user, hasTag: true },
}

const used = {
  created_at: instant("When it was set up"),
  last_used_at: orNull(instant("The last login with it")),
}
const factors = closed({
  methods: listOf(methods, "How the user can show a second factor."),
  required: flag("Whether the user must have one."),
  totp: orNull(closed(used)),
  passkeys: listOf(
    closed({
      ...{ name: text("The user's name for it."), ...used },
      synced: flag("Whether it may be on several devices."),
    }),
    "The passkeys.",
  ),
  recovery_codes_left: count("How many recovery codes are left."),
  trusted_devices: listOf(
    closed({
      ...{ user_agent: text("The program of the device."), created_at: used.created_at },
      expires_at: instant("When the trust ends"),
    }),
    "The devices that need no second factor.",
  ),
})

const made = {
  url: text("Sets a password, once. It is shown this once."),
  expires_at: instant("When the link expires"),
}
const kind: Schema = { type: "string", enum: ["invite", "reset"] }
const link = closed({ username: name, kind, ...made })

const lock = closed({
  locked: flag("Whether strangers are locked out."),
  wrong_passwords: closed({
    strangers: count("In a row, of strangers."),
    devices: count("In a row, of the user's devices."),
  }),
  codes_locked: flag("Whether no code counts."),
  wrong_codes: count("In a row."),
})

/** A change of a user who must be as the admin has seen the user. */
function change(id: string, summary: string, body?: Body): Operation {
  const errors = ["not_found", "last_admin"] as const
  const more = body === undefined ? {} : { body }
  return { id, summary, replies: [shown], isConditional: true, errors, ...more }
}

const users: Operations = {
  "GET /admin/users": {
    id: "listUsers",
    summary: "Lists users, ordered by name, page by page.",
    query: {
      search: text("Only users whose name has this part."),
      role: text("Only users who have this role."),
      limit: { type: "integer", minimum: 1, maximum: 200, default: 50 },
      cursor: text("The `next` of the page before."),
    },
    replies: [
      {
        ...{ status: 200, description: "A page.", hasTag: true },
        schema: closed({
          users: listOf(listedUser, "The users."),
          next: orNull(text("The cursor of the next page; null at the end.")),
        }),
      },
      notModified,
    ],
  },
  "POST /admin/users": {
    id: "createUser",
    summary: "Makes a user with `password`, or without one invites the user by a link.",
    body: { schema: closed({ username: name }, { password: orNull(password) }) },
    replies: [
      {
        ...{ status: 201, description: "The user, and the link.", hasTag: true },
        schema: closed(userMembers, {
          invite: closed(made),
        }),
      },
    ],
    errors: ["password_blocked", "username_taken"],
  },
  "GET /admin/users/{username}": {
    id: "getUser",
    summary: "Shows a user.",
    replies: [shown, notModified],
    errors: ["not_found"],
  },
  "DELETE /admin/users/{username}": {
    ...change("deleteUser", "Deletes a user. The name stays reserved."),
    replies: [done],
  },
  "POST /admin/users/{username}/password": {
    ...change("setPassword", "Sets the password, ends the sessions, and unlocks.", {
      schema: closed({ password }),
    }),
    errors: ["not_found", "password_blocked"],
  },
  "POST /admin/users/{username}/link": {
    ...change("makeLink", "Makes a link by which the user sets a password.", {
      isOptional: true,
      schema: closed({}, { mfa: orNull(flag("Whether it removes the second factors, too.")) }),
    }),
    replies: [{ status: 201, description: "The link.", schema: link, hasTag: true }],
    errors: ["not_found"],
  },
  "POST /admin/users/{username}/disable": change(
    "disableUser",
    "Keeps a user from logging in, and ends the sessions.",
  ),
  "POST /admin/users/{username}/enable": change("enableUser", "Lets a disabled user log in again."),
  "POST /admin/users/{username}/logout": change("logOutUser", "Ends all sessions of a user."),
  "POST /admin/users/{username}/unlock": change(
    "unlockUser",
    "Forgets a user's wrong passwords and wrong codes.",
  ),
  "GET /admin/users/{username}/lock": {
    id: "getLock",
    summary: "Tells a user's wrong passwords and codes in a row.",
    replies: [{ status: 200, description: "The failures.", schema: lock }],
    errors: ["not_found"],
  },
}

const rights: Operations = {
  "PUT /admin/users/{username}/roles/{role}": change("addRole", "Gives a user a role."),
  "DELETE /admin/users/{username}/roles/{role}": change("removeRole", "Takes a role from a user."),
  "PUT /admin/users/{username}/claims/{claim}": change("setClaim", "Sets a claim to `value`.", {
    schema: closed({ value: anyValue }),
  }),
  "DELETE /admin/users/{username}/claims/{claim}": change("removeClaim", "Removes a claim."),
}

const logins: Operations = {
  "GET /admin/users/{username}/factors": {
    id: "listUserFactors",
    summary: "Lists a user's second factors.",
    replies: [{ status: 200, description: "The factors.", schema: factors }],
    errors: ["not_found"],
  },
  "DELETE /admin/users/{username}/factors": change(
    "resetFactors",
    "Removes a user's second factors, and ends the sessions.",
  ),
  "DELETE /admin/users/{username}/factors/{method}": change(
    "resetFactorsOfMethod",
    "The same for one method: `otp`, `recovery` or `passkey`.",
  ),
  "GET /admin/users/{username}/sessions": {
    id: "listUserSessions",
    summary: "Lists a user's sessions.",
    replies: [
      {
        ...{ status: 200, description: "The sessions, the last used first." },
        schema: closed({ sessions: listOf(userSession, "The sessions.") }),
      },
    ],
    errors: ["not_found"],
  },
  "DELETE /admin/sessions/{sid}": {
    id: "endUserSession",
    summary: "Ends a session.",
    replies: [done],
    errors: ["not_found"],
  },
  "DELETE /admin/reserved/{username}": {
    id: "releaseName",
    summary: "Frees the name of a deleted user.",
    replies: [done],
    errors: ["not_found"],
  },
}

/** The endpoints, by method and path. */
export const adminOperations: Operations = { ...users, ...rights, ...logins, ...keyOperations }
