// What POST /password is sent: F-39, and its bodies.

import type { PreparedService, Scenario } from "../support/api_scenario.ts"

/** Passwords that the rows send; none may be seen anywhere. */
export const changedPasswords = {
  next: "a-second-long-password",
  wrong: "never-was-her-password",
} as const

const { next, wrong } = changedPasswords
const current = "wonderland"
const secrets = [current, next, wrong, "$argon2"]
const missing = ["invalid_request", "Missing current or new"] as const
const notText = ["invalid_request", "Current and new must be text"] as const
const unknownMember = (name: string) =>
  ["invalid_request", `Unknown member "${name}": the body may have current, new`] as const
const tooShort = ["invalid_request", "A password needs at least 15 characters"] as const
const tooLong = [
  "invalid_request",
  "A password has at most 1024 bytes, no NUL character and valid Unicode",
] as const
const named = [
  "password_blocked",
  "A password can't be made of the username or the service's name",
] as const

const incomplete = [
  {},
  { current },
  { new: next },
  { current, new: "" },
  { current: "", new: next },
  { current, new: null },
  { current: null, new: next },
]
const wrongTypes = [1, true, [], [next], {}].flatMap((value) => [
  { current, new: value },
  { current: value, new: next },
])

const weak: readonly (readonly [string, string, readonly [string, string]])[] = [
  ["14 characters", "fourteen-chars", tooShort],
  ["the current one, which is short", current, tooShort],
  ["1025 bytes", "pass-word ".repeat(110), tooLong],
  ["a NUL", `${next}\0`, tooLong],
  ["half a surrogate pair", `${next}\ud800`, tooLong],
  ["the username again and again", "alicealicealicealice", named],
  [
    "one short text again and again",
    "secretsecretsecret",
    ["password_blocked", "A password can't be one short text again and again"],
  ],
  [
    "a row of the keyboard",
    "qwertyuiopasdfghjkl",
    ["password_blocked", "A password can't be a row of the alphabet, the keyboard or digits"],
  ],
  [
    "a common one and a year",
    "Password-2026!!",
    [
      "password_blocked",
      "A password can't be one or two common or leaked passwords with digits or signs added",
    ],
  ],
]

const wrongCurrent: readonly (readonly [string, string])[] = [
  ["a wrong one", wrong],
  ["the new one", next],
  ["another user's", "builder"],
  ["the right one in capitals", current.toUpperCase()],
  ["the right one with a blank after it", `${current} `],
  ["the hash's prefix", "$argon2id$v=19"],
  ["one beyond the limit", "p".repeat(1025)],
]

function sending(json: object): Scenario["send"] & {} {
  return (token: string) => ({ token, json })
}

async function afterRefresh({ service, tokens }: PreparedService): Promise<void> {
  await service.call("POST", "/refresh", { token: tokens.refresh_token })
}

/** The rows. */
export const passwordRows: readonly Scenario[] = [
  {
    name: "POST /password answers tokens to who knows the current password",
    send: sending({ current, new: next }),
    status: 200,
    members: { token_type: "Bearer", expires_in: 900, refresh_expires_in: 86_400 },
    headers: { "Cache-Control": "no-store", "Set-Cookie": undefined },
    lacks: secrets,
    events: ["password.changed alice", "session.ended alice password_changed"],
  },
  {
    name: "POST /password ends every session, one event each",
    prepare: async (prepared) => {
      await afterRefresh(prepared)
      await prepared.service.start("alice", "wonderland")
      await prepared.service.start("bob", "builder")
    },
    send: sending({ current, new: next }),
    status: 200,
    lacks: secrets,
    events: [
      "password.changed alice",
      "session.ended alice password_changed",
      "session.ended alice password_changed",
    ],
  },
  ...wrongCurrent.map(
    ([what, typed]): Scenario => ({
      name: `POST /password refuses ${what} as current password`,
      send: sending({ current: typed, new: next }),
      status: 403,
      refusal: ["wrong_password", "The current password is wrong"],
      headers: { "WWW-Authenticate": undefined },
      lacks: [...secrets, "_token"],
      events: ["password.refused alice wrong_password"],
    }),
  ),
  ...weak.map(
    ([what, typed, refusal]): Scenario => ({
      name: `POST /password refuses ${what} as new password`,
      send: sending({ current, new: typed }),
      status: 400,
      refusal,
      lacks: [...secrets, "_token"],
      events: [],
    }),
  ),
  ...incomplete.map(
    (json): Scenario => ({
      name: `POST /password refuses the members [${Object.entries(json).map(([name, value]) => `${name}: ${value === "" ? "empty" : value === null ? "null" : "text"}`)}]`,
      send: sending(json),
      status: 400,
      refusal: missing,
      lacks: secrets,
      events: [],
    }),
  ),
  ...wrongTypes.map(
    (json): Scenario => ({
      name: `POST /password refuses ${JSON.stringify(json).replaceAll(current, "…").replaceAll(next, "…")}`,
      send: sending(json),
      status: 400,
      refusal: notText,
      lacks: secrets,
      events: [],
    }),
  ),
  ...["username", "Current", "password", "sid", "__proto_"].map(
    (member): Scenario => ({
      name: `POST /password refuses the member '${member}'`,
      send: sending({ current, new: next, [member]: "bob" }),
      status: 400,
      refusal: unknownMember(member),
      lacks: secrets,
      events: [],
    }),
  ),
  {
    name: "POST /password refuses a form",
    send: (token) => ({
      token,
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: `current=${current}&new=${next}`,
    }),
    status: 415,
    refusal: ["unsupported_media_type", "The body must be application/json in UTF-8"],
    lacks: secrets,
    events: [],
  },
  {
    name: "POST /password reads nothing from the query",
    query: `?current=${current}&new=${next}`,
    send: sending({}),
    status: 400,
    refusal: missing,
    lacks: secrets,
    events: [],
  },
  {
    name: "GET /password answers 405",
    query: `?current=${current}&new=${next}`,
    send: (token) => ({ token }),
    status: 405,
    refusal: ["method_not_allowed", "The methods here are POST, OPTIONS"],
    lacks: secrets,
    events: [],
  },
]
