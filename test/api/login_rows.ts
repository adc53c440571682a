// What POST /login is sent: F-01, F-03, F-04, F-18 to F-21 and F-33. login_body_rows.ts has more
// bodies.

import type { Scenario } from "../support/api_scenario.ts"
import { guessInTurn, lockOut } from "./guesses.ts"

/** Passwords that the rows send; none may be seen anywhere. */
export const typedPasswords = {
  right: "wonderland",
  other: "builder",
  wrong: "not-her-password",
  tooLong: "overlong-".repeat(200),
} as const

const { right, other, wrong, tooLong } = typedPasswords
const badCredentials = ["invalid_credentials", "Bad username or password"] as const
const challenge = { "WWW-Authenticate": 'Bearer realm="postern"' }
/** What a body without one of the two gets. */
export const missing = ["invalid_request", "Missing username or password"] as const
/** Texts that no reply has. */
export const secrets = [right, other, wrong, tooLong, "$argon2"]

type Typed = readonly [name: string, username: unknown, password: unknown, user?: string]

const accepted: readonly Typed[] = [
  ["answers tokens for the right password", "alice", right, "alice"],
  ["knows a name in capitals", "ALICE", right, "alice"],
  ["knows a name in full-width letters", "ａｌｉｃｅ", right, "alice"],
  ["answers another user", "bob", other, "bob"],
  // What keyboards add.
  ["knows a name with a blank after it", "alice ", right, "alice"],
  ["knows a name with blanks before it", "  alice", right, "alice"],
  ["knows a name with a no-break space", "ALICE\u00a0", right, "alice"],
  ["knows a name with a tab and a line end", "\talice\r\n", right, "alice"],
  ["knows a name with an ideographic space", "\u3000ａｌｉｃｅ\u3000", right, "alice"],
]

// With the user that the audit trail names: only one there is, never what was typed, since people
// type their password into the wrong field.
const refused: readonly Typed[] = [
  ["refuses a wrong password", "alice", wrong, "alice"],
  ["refuses an unknown name alike", "nobody", right],
  ["refuses a password as name alike", right, "alice"],
  ["refuses another user's password", "bob", right, "bob"],
  ["refuses another user's password for a name in capitals", "BOB", right, "bob"],
  ["refuses a password in capitals", "alice", right.toUpperCase(), "alice"],
  ["refuses a password with a blank after it", "alice", `${right} `, "alice"],
  ["refuses a password with a blank before it", "alice", ` ${right}`, "alice"],
  ["refuses a wrong password for a name with a blank after it", "alice ", wrong, "alice"],
  ["refuses a name with a blank in it", "al ice", right],
  ["refuses a name of blanks", "  ", right],
  ["refuses a name with a zero-width space after it", "alice\u200b", right],
  ["refuses a name with a NUL after it", "alice\0", right],
  ["refuses a name that can't be one", "a/b", right],
  ["refuses a name of 10,000 letters", "a".repeat(10_000), right],
  ["refuses a password beyond the limit", "alice", tooLong, "alice"],
  ["refuses a password beyond the limit for an unknown name", "nobody", tooLong],
  ["refuses a password with a NUL", "alice", `${right}\0`, "alice"],
  ["refuses a password with half a surrogate pair", "alice", `${right}\ud800`, "alice"],
  ...[
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "valueOf",
    "then",
    "length",
    "0",
  ].map((name): Typed => [`refuses the name ${name} as unknown`, name, right]),
]

/** The rows. */
export const loginRows: readonly Scenario[] = [
  ...accepted.map(
    ([name, username, password, user]): Scenario => ({
      name: `POST /login ${name}`,
      send: { json: { username, password } },
      status: 200,
      members: { token_type: "Bearer", expires_in: 900, refresh_expires_in: 86_400 },
      headers: { "Cache-Control": "no-store", "Set-Cookie": undefined },
      lacks: secrets,
      events: [`login.succeeded ${user}`],
    }),
  ),
  ...refused.map(
    ([name, username, password, user]): Scenario => ({
      name: `POST /login ${name}`,
      send: { json: { username, password } },
      status: 401,
      refusal: badCredentials,
      headers: challenge,
      lacks: [...secrets, "_token"],
      events: [user === undefined ? "login.failed" : `login.failed ${user}`],
    }),
  ),
  {
    name: "POST /login refuses a disabled user's right password alike",
    prepare: ({ service }) => service.accounts.disable("alice"),
    send: { json: { username: "alice", password: right } },
    status: 401,
    refusal: badCredentials,
    headers: challenge,
    events: ["login.failed alice"],
  },
  {
    name: "POST /login refuses a deleted user alike",
    prepare: ({ service }) => service.accounts.delete("alice"),
    send: { json: { username: "alice", password: right } },
    status: 401,
    refusal: badCredentials,
    events: ["login.failed"],
  },
  {
    name: "POST /login refuses a locked user's right password alike",
    prepare: ({ service }) => lockOut(service),
    send: { json: { username: "alice", password: right } },
    status: 401,
    refusal: badCredentials,
    headers: challenge,
    lacks: [...secrets, "_token"],
    events: ["login.failed alice"],
  },
  {
    name: "POST /login asks to wait after five failures, also with the right password",
    prepare: ({ service }) => guessInTurn(service, Array(5).fill({ password: wrong })),
    send: { json: { username: "alice", password: right } },
    status: 429,
    refusal: ["too_many_requests", "Too many attempts: try again in 1 s"],
    headers: { "Retry-After": "1", "Cache-Control": "no-store", "WWW-Authenticate": undefined },
    lacks: [...secrets, "alice"],
    events: [],
  },
  {
    name: "POST /login reads nothing from the query",
    query: `?username=alice&password=${right}`,
    send: { json: {} },
    status: 400,
    refusal: missing,
    lacks: secrets,
    events: [],
  },
  {
    name: "GET /login with everything in the query answers 405",
    query: `?username=alice&password=${right}`,
    status: 405,
    refusal: ["method_not_allowed", "The methods here are POST, OPTIONS"],
    headers: { Allow: "POST, OPTIONS" },
    lacks: secrets,
    events: [],
  },
]
