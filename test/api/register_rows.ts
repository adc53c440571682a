// What POST /register is sent: F-19, F-29, F-32, F-35 and F-36; register_names.ts has the names.

import type { Scenario } from "../support/api_scenario.ts"
import { accepted, kept, lookAlikes, taken } from "./register_names.ts"

/** For a service where people may make their own account. */
export const open = { registration: true }

/** Passwords that the rows send; none may be seen anywhere. */
export const registeredPasswords = {
  good: "korrekt-pferd-batterie",
  short: "fourteen-chars",
} as const

const { good, short } = registeredPasswords
const secrets = [good, short, "$argon2"]
const missing = ["invalid_request", "Missing username or password"] as const
const notText = ["invalid_request", "Username and password must be text"] as const
const unknownMember = (name: string) =>
  ["invalid_request", `Unknown member "${name}": the body may have username, password`] as const
const notObject = [
  "invalid_request",
  "The body must be one JSON object without duplicate members",
] as const
const notJson = ["unsupported_media_type", "The body must be application/json in UTF-8"] as const
const jsonType = { "content-type": "application/json" }
const noName = [
  "invalid_request",
  "That can't be a username: it needs 1 to 254 of the characters a-z 0-9 . _ - @ + ! $ & ' = ^ ~, " +
    "not - first, and not only dots",
] as const
const tooLong = "A password has at most 1024 bytes, no NUL character and valid Unicode"

const blocked: readonly (readonly [password: string, code: string, msg: string])[] = [
  [short, "invalid_request", "A password needs at least 15 characters"],
  ["😀".repeat(8), "invalid_request", "A password needs at least 15 characters"],
  ["p".repeat(1025), "invalid_request", tooLong],
  [`${good}\0`, "invalid_request", tooLong],
  [
    "carolcarolcarolcarol",
    "password_blocked",
    "A password can't be made of the username or the service's name",
  ],
  ["passwordpassword", "password_blocked", "A password can't be one short text again and again"],
  [
    "123456789012345",
    "password_blocked",
    "A password can't be a row of the alphabet, the keyboard or digits",
  ],
]

const extra = [
  ...["role", "roles", "isAdmin", "admin", "id", "sub", "sid", "claims", "disabled", "verified"],
  ...[
    "emailVerified",
    "createdAt",
    "passwordHash",
    "tokensNotBefore",
    "device_token",
    "constructor",
  ],
]

const wrongTypes = [0, 1, true, false, [], ["carol"], {}, { $ne: null }]

const bodies: readonly (readonly [what: string, body: string | Uint8Array])[] = [
  ["an array", `[{"username":"carol","password":"${good}"}]`],
  ["a name twice", `{"username":"carol","username":"dora","password":"${good}"}`],
  ["a password twice", `{"username":"carol","password":"x","password":"${good}"}`],
  ["a torn object", `{"username":"carol","password":"${good}"`],
  [
    "bytes that are no UTF-8",
    Buffer.from(`{"username":"carol\xff","password":"${good}"}`, "latin1"),
  ],
  [
    "other bytes that are none",
    Buffer.from(`{"username":"carol\xfe","password":"${good}"}`, "latin1"),
  ],
  ["nothing", ""],
]

type Refused = Pick<Scenario, "name" | "send" | "status"> & {
  readonly refusal: readonly [string, string]
}

const refused: readonly Refused[] = [
  ...lookAlikes.map(([what, username]) => ({
    name: `POST /register refuses a name with ${what}`,
    send: { json: { username, password: good } },
    status: 400,
    refusal: noName,
  })),
  ...taken.map(
    ([typed, username]): Refused => ({
      name: `POST /register refuses the name '${typed}', which is taken`,
      send: { json: { username: typed, password: good } },
      status: 409,
      refusal: ["username_taken", `There is a user '${username}' already`],
    }),
  ),
  ...kept.map(
    ([typed, username]): Refused => ({
      name: `POST /register refuses the name '${typed}', which looks like the operator's`,
      send: { json: { username: typed, password: good } },
      status: 409,
      refusal: ["username_taken", `The name '${username}' is kept for the operator`],
    }),
  ),
  ...blocked.map(
    ([password, code, msg]): Refused => ({
      name: `POST /register refuses ${JSON.stringify(password.slice(0, 20))} as password: ${code}`,
      send: { json: { username: "carol", password } },
      status: 400,
      refusal: [code, msg],
    }),
  ),
  ...extra.map((member) => ({
    name: `POST /register refuses the member '${member}'`,
    send: { json: { username: "carol", password: good, [member]: ["admin"] } },
    status: 400,
    refusal: unknownMember(member),
  })),
  ...["__proto__", "constructor"].map((member) => ({
    name: `POST /register refuses the member '${member}' that would pollute`,
    send: {
      headers: jsonType,
      body: `{"username":"carol","password":"${good}","${member}":{"prototype":{"polluted":1}}}`,
    },
    status: 400,
    refusal: unknownMember(member),
  })),
  ...[{}, { username: "carol" }, { password: good }, { username: "", password: good }].map(
    (json) => ({
      name: `POST /register refuses a body that only has ${Object.keys(json).join(" and ") || "{}"}`,
      send: { json },
      status: 400,
      refusal: missing,
    }),
  ),
  ...wrongTypes.flatMap((value) =>
    [
      { username: value, password: good },
      { username: "carol", password: value },
    ].map((json) => ({
      name: `POST /register refuses ${JSON.stringify(json).replaceAll(good, "…")}`,
      send: { json },
      status: 400,
      refusal: notText,
    })),
  ),
  ...bodies.map(([what, body]) => ({
    name: `POST /register refuses ${what} as body`,
    send: { headers: jsonType, body },
    status: 400,
    refusal: notObject,
  })),
  {
    name: "POST /register refuses a form",
    send: {
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: `username=carol&password=${good}`,
    },
    status: 415,
    refusal: notJson,
  },
]

/** The rows. */
export const registerRows: readonly Scenario[] = [
  ...accepted.map(
    ([typed, username]): Scenario => ({
      name: `POST /register makes '${username}' of '${typed}'`,
      options: open,
      send: { json: { username: typed, password: good } },
      status: 201,
      members: { username },
      headers: { "Cache-Control": "no-store", "Set-Cookie": undefined, Location: undefined },
      lacks: [...secrets, "_token"],
      events: [`user.registered ${username}`],
    }),
  ),
  ...refused.map(
    (row): Scenario => ({ ...row, options: open, lacks: [...secrets, "polluted"], events: [] }),
  ),
  {
    name: "POST /register refuses the name of a user who was deleted",
    options: open,
    prepare: ({ service }) => service.accounts.delete("bob"),
    send: { json: { username: "Bob", password: good } },
    status: 409,
    refusal: ["username_taken", "The name 'bob' was a user's who was deleted, and stays reserved"],
    events: [],
  },
  {
    name: "POST /register with an access token makes the new user, and changes no other",
    options: open,
    send: (token) => ({ token, json: { username: "carol", password: good } }),
    status: 201,
    members: { username: "carol" },
    events: ["user.registered carol"],
  },
  {
    name: "POST /register answers 503 when the store can't",
    options: open,
    prepare: ({ service }) => service.store.close(),
    send: { json: { username: "carol", password: good } },
    status: 503,
    refusal: ["temporarily_unavailable", "The store is closed"],
    headers: { "Retry-After": "1" },
    events: ["request.unavailable"],
  },
  {
    name: "POST /register answers 404 while registration is closed",
    send: { json: { username: "carol", password: good } },
    status: 404,
    refusal: ["not_found", "There is nothing at this path"],
    events: [],
  },
  {
    name: "GET /register with everything in the query answers 405",
    options: open,
    query: `?username=carol&password=${good}`,
    status: 405,
    refusal: ["method_not_allowed", "The methods here are POST, OPTIONS"],
    headers: { Allow: "POST, OPTIONS" },
    lacks: secrets,
    events: [],
  },
]
