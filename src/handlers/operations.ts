// What the description of the API says of the endpoints of this folder.

import {
  closed,
  count,
  instant,
  listOf,
  named,
  type Operation,
  type Operations,
  open,
  orNull,
  type Schema,
  text,
} from "../openapi/operation.ts"

const username = text("The name of the user.")
const password = text("The password.", { format: "password" })
const roles = listOf({ type: "string" }, "The roles of the user.")

const pair = {
  access_token: text("A JWT, for `Authorization: Bearer`."),
  token_type: text("How to send it.", { const: "Bearer" }),
  expires_in: count("Seconds for which the access token is good."),
  refresh_token: text("Gives the next tokens, once."),
  refresh_expires_in: count("Seconds until the session ends unless it is refreshed."),
}

/** The tokens of a login. */
export const loginTokens: Schema = named(
  "LoginTokens",
  closed(
    { ...pair, device_token: text("Send it with the next login on this device.") },
    {
      trust_token: text("Stands for the second factor at the next login on this device."),
      recovery_codes: listOf(
        { type: "string" },
        "Shown once, to a user who has just set up a second factor.",
      ),
    },
  ),
)

const tokens = named("Tokens", closed(pair))

const sid = text("The name of the session.")
const ofSession = {
  started_at: instant("The login"),
  last_used_at: instant("The last use, rounded down to ten minutes"),
  idle_expires_at: instant("When it ends unless it is used, rounded like the last use"),
  expires_at: instant("When it ends in any case"),
  address: text("The address of the last use."),
  user_agent: text("The program of the last use."),
}
const current: Schema = { type: "boolean", description: "Whether the token is of this session." }
const session = named("Session", closed({ sid, current, ...ofSession }))
/** A session as admins see it. */
export const userSession = named("UserSession", closed({ sid, ...ofSession }))

const principal = named(
  "Principal",
  closed({
    username,
    roles,
    claims: { type: "object", description: "The claims that the operator set." },
    logged_in_at: orNull(instant("The login; null when the token does not say")),
  }),
)

const publicKey = named("PublicKey", {
  type: "object",
  required: ["kty", "kid", "alg", "use"],
  properties: Object.fromEntries(
    ["kty", "crv", "x", "y", "n", "e", "kid", "alg", "use"].map((name) => [
      name,
      { type: "string" },
    ]),
  ),
  additionalProperties: false,
})

const notModified = { status: 304, description: "The client has this version." } as const
const done = { status: 204, description: "Done." } as const

/** A monitor's question. */
function health(id: string, summary: string, status: "live" | "ready"): Operation {
  const schema = closed({ status: { type: "string", const: status } })
  return { id, summary, replies: [{ status: 200, description: "Yes.", schema }] }
}

const metadata: Operation = {
  id: "getServerMetadata",
  summary: "Tells where the keys are, for verifiers that know only the issuer (RFC 8414).",
  replies: [
    {
      status: 200,
      description: "The metadata.",
      schema: closed({
        issuer: text("The `iss` of tokens."),
        jwks_uri: text("Where the public keys are."),
        response_types_supported: listOf({ type: "string" }, "None."),
        grant_types_supported: listOf({ type: "string" }, "None."),
      }),
    },
    notModified,
  ],
}

/** The endpoints, by method and path. */
export const coreOperations: Operations = {
  "POST /login": {
    id: "logIn",
    summary:
      "Checks `username` and `password`, starts a session, and gives its tokens; or a ticket, where a second factor is due.",
    body: {
      schema: open(
        { username, password },
        {
          device_token: orNull(text("From the last login on this device.")),
          code: orNull(text("A code of the authenticator app, or a recovery code.")),
          trust_device: orNull({ type: "boolean", description: "Whether to trust this device." }),
          trust_token: orNull(text("Of a device that is trusted.")),
        },
      ),
    },
    replies: [{ status: 200, description: "The tokens.", schema: loginTokens }],
    errors: ["invalid_credentials", "invalid_code", "mfa_required", "mfa_enrolment_required"],
  },
  "POST /register": {
    id: "register",
    summary:
      "Creates the account `username` with `password`. Exists only with `POSTERN_REGISTRATION=open`.",
    body: { schema: closed({ username, password }) },
    replies: [{ status: 201, description: "The account.", schema: closed({ username }) }],
    errors: ["password_blocked", "username_taken"],
  },
  "POST /refresh": {
    id: "refresh",
    summary: "Takes a refresh token, and gives a new access token and refresh token.",
    body: {
      isOptional: true,
      schema: open({}, { refresh_token: orNull(text("Or as `Authorization: Bearer`.")) }),
    },
    replies: [{ status: 200, description: "The tokens.", schema: tokens }],
    errors: ["missing_token", "invalid_token", "insufficient_user_authentication"],
  },
  "POST /logout": {
    id: "logOut",
    summary: "Ends the session of each token in the request.",
    body: {
      isOptional: true,
      schema: open(
        {},
        {
          refresh_token: orNull(text("A token of the session.")),
          access_token: orNull(text("A token of the session.")),
          token: orNull(text("A token of the session.")),
        },
      ),
    },
    replies: [{ ...done, description: "The session has ended." }],
    errors: ["missing_token", "invalid_token"],
  },
  "GET /protected": {
    id: "getProtected",
    summary: 'Shows that a token works: `{"logged_in_as"}`.',
    replies: [
      { status: 200, description: "It works.", schema: closed({ logged_in_as: username }) },
    ],
  },
  "GET /me": {
    id: "getMe",
    summary: "Tells username, roles, own claims and time of login.",
    replies: [{ status: 200, description: "The user of the token.", schema: principal }],
  },
  "GET /sessions": {
    id: "listSessions",
    summary: "Lists the user's own sessions.",
    replies: [
      {
        status: 200,
        description: "The sessions, the last used first.",
        schema: closed({ sessions: listOf(session, "The sessions.") }),
      },
    ],
  },
  "DELETE /sessions": {
    id: "endOtherSessions",
    summary: "Ends all the user's other sessions.",
    replies: [done],
  },
  "DELETE /sessions/{sid}": {
    id: "endSession",
    summary: "Ends one of the user's own sessions.",
    replies: [done],
    errors: ["not_found"],
  },
  "POST /password": {
    id: "changePassword",
    summary: "Changes the password, ends all sessions, and gives the tokens of a new one.",
    body: { schema: closed({ current: password, new: password }) },
    replies: [{ status: 200, description: "The tokens.", schema: loginTokens }],
    errors: ["wrong_password", "password_blocked"],
  },
  "GET /revocations": {
    id: "listRevocations",
    summary:
      "Lists ended sessions and revoked tokens whose access tokens may not have expired. For services that verify tokens.",
    replies: [
      {
        status: 200,
        description: "The lists.",
        schema: closed({
          sids: listOf({ type: "string" }, "The sessions."),
          jtis: listOf({ type: "string" }, "The tokens without a session."),
        }),
      },
      notModified,
    ],
  },
  "GET /.well-known/jwks.json": {
    id: "getKeys",
    summary: "Gives the public keys.",
    replies: [
      {
        status: 200,
        description: "A JWK Set (RFC 7517).",
        mediaType: "application/jwk-set+json",
        schema: closed({ keys: listOf(publicKey, "The keys.") }),
      },
      notModified,
    ],
  },
  "GET /.well-known/oauth-authorization-server": metadata,
  "GET /livez": health("isAlive", "Answers 200 while the process runs.", "live"),
  "GET /healthz": health(
    "isHealthy",
    "The same as `/livez`, under the name that many tools use.",
    "live",
  ),
  "GET /readyz": health(
    "isReady",
    "Answers 200 while Postern takes requests, otherwise 503.",
    "ready",
  ),
  "GET /openapi.json": {
    id: "getDescription",
    summary: "Describes these endpoints (OpenAPI 3.1).",
    replies: [
      {
        status: 200,
        description: "The description.",
        schema: { type: "object", required: ["openapi", "info", "paths"] },
      },
      notModified,
    ],
  },
}
