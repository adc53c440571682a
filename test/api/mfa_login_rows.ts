// What POST /login is sent by a user who has a second factor, and POST /login/code with a ticket.

import {
  type PreparedService,
  type Scenario,
  type Send,
  takeEvents,
} from "../support/api_scenario.ts"
import { alice, appOf, bob, enrolAlice, logInWith, ticketOf } from "./mfa_calls.ts"

const realm = { "WWW-Authenticate": 'Bearer realm="postern"', "Cache-Control": "no-store" }
const invalid = { "WWW-Authenticate": 'Bearer realm="postern", error="invalid_token"' }
const issued = [
  "access_token",
  "refresh_token",
  "device_token",
  "mfa_token",
  "trust_token",
  "eyJhbGci",
]
const wrongCode = ["invalid_code", "That code is not right"] as const
const isOver = ["invalid_token", "This login is over: log in again"] as const
const badCredentials = ["invalid_credentials", "Bad username or password"] as const
const asked = {
  ...{ error: "mfa_required", msg: "Second factor required" },
  ...{ methods: ["otp", "recovery"], expires_in: 300 },
}
const loggedIn = (method: string) => ["login.succeeded alice", `mfa.used alice ${method}`]

type Make = (prepared: PreparedService) => string | Promise<string>

const present: Make = (prepared) => appOf(prepared).code()
const recovery: Make = (prepared) => appOf(prepared).recoveryCodes[3] ?? ""

/** Codes that log in, however they are typed. */
const right: readonly (readonly [what: string, make: Make, method?: string])[] = [
  ["the present code", present],
  ["a code in groups", async (prepared) => (await present(prepared)).replace(/^.{3}/, " $& ")],
  ["a recovery code", recovery, "recovery"],
  [
    "a recovery code in small letters",
    async (prepared) => (await recovery(prepared)).toLowerCase(),
    "recovery",
  ],
  [
    "a recovery code without hyphens",
    async (prepared) => (await recovery(prepared)).replaceAll("-", ""),
    "recovery",
  ],
]

/** Texts that log nobody in, and what the audit trail says; nothing of what is no guess. */
const wrong: readonly (readonly [what: string, make: Make, events: readonly string[]])[] = [
  ["a wrong code", (prepared) => appOf(prepared).wrongCode(), ["mfa.failed alice otp"]],
  [
    "a wrong recovery code",
    async (prepared) => (await recovery(prepared)).replace(/.$/, (last) => swapped(last)),
    ["mfa.failed alice recovery"],
  ],
  [
    "the recovery code of another number",
    async (prepared) => (await recovery(prepared)).replace("3-", "4-"),
    ["mfa.failed alice recovery"],
  ],
  ...[
    "hello",
    "12345",
    "1234567",
    "3-ABCD",
    "wonderland",
    "0x1234",
    "１２３４５６",
    " ",
    "9".repeat(9999),
  ].map((text) => [`the text '${text.slice(0, 9)}'`, () => text, [] as readonly string[]] as const),
]

function swapped(letter: string): string {
  return letter === "A" ? "B" : "A"
}

const atOnce = (make: Make, more: object = {}): Send => {
  return async (_token, prepared) => ({ json: { ...alice, ...more, code: await make(prepared) } })
}
const byTicket = (make: Make): Send => {
  return async (_token, prepared) => {
    const { service } = prepared
    const json = { mfa_token: await ticketOf(service), code: await make(prepared) }
    takeEvents(service)
    return { json }
  }
}

/** The rows. */
export const mfaLoginRows: readonly Scenario[] = [
  {
    name: "POST /login asks for the factor, and gives a ticket alone",
    prepare: enrolAlice,
    send: { json: alice },
    status: 401,
    members: asked,
    headers: realm,
    lacks: issued.filter((name) => name !== "mfa_token"),
    events: ["mfa.required alice factor"],
  },
  ...["", null].map(
    (code): Scenario => ({
      name: `POST /login asks for the factor, when the code is ${JSON.stringify(code)}`,
      prepare: enrolAlice,
      send: { json: { ...alice, code } },
      status: 401,
      members: asked,
      events: ["mfa.required alice factor"],
    }),
  ),
  {
    name: "POST /login asks for the factor, whatever device token comes with the password",
    prepare: enrolAlice,
    send: async (_token, prepared) => {
      const { service } = prepared
      const { device_token } = await logInWith(service, appOf(prepared).code())
      takeEvents(service)
      return { json: { ...alice, device_token } }
    },
    status: 401,
    members: asked,
    events: ["mfa.required alice factor"],
  },
  {
    name: "POST /login by a user without a factor ignores a code",
    prepare: enrolAlice,
    send: { json: { ...bob, code: "000000" } },
    status: 200,
    members: { token_type: "Bearer" },
    events: ["login.succeeded bob"],
  },
  {
    name: "POST /login with a wrong password says nothing of the factor, even with a right code",
    prepare: enrolAlice,
    send: atOnce(present, { password: "a-guess" }),
    status: 401,
    refusal: badCredentials,
    events: ["login.failed alice"],
  },
  ...[123_456, true, ["000000"], {}].map(
    (code): Scenario => ({
      name: `POST /login refuses the code ${JSON.stringify(code)}`,
      prepare: enrolAlice,
      send: { json: { ...alice, code } },
      status: 400,
      refusal: ["invalid_request", "code must be text"],
      events: [],
    }),
  ),
  ...right.flatMap(([what, make, method = "otp"]): Scenario[] => [
    {
      name: `POST /login takes ${what} at once`,
      prepare: enrolAlice,
      send: atOnce(make),
      status: 200,
      members: { token_type: "Bearer", expires_in: 900 },
      lacks: ["mfa_token", "recovery_codes"],
      events: loggedIn(method),
    },
    {
      name: `POST /login/code takes ${what}`,
      prepare: enrolAlice,
      send: byTicket(make),
      status: 200,
      members: { token_type: "Bearer", expires_in: 900, refresh_expires_in: 86_400 },
      headers: { "Cache-Control": "no-store" },
      lacks: ["mfa_token", "recovery_codes"],
      events: loggedIn(method),
    },
  ]),
  ...wrong.flatMap(([what, make, events]): Scenario[] => [
    {
      name: `POST /login refuses ${what} at once`,
      prepare: enrolAlice,
      send: atOnce(make),
      status: 401,
      refusal: wrongCode,
      headers: realm,
      lacks: issued,
      events,
    },
    {
      name: `POST /login/code refuses ${what}`,
      prepare: enrolAlice,
      send: byTicket(make),
      status: 401,
      refusal: wrongCode,
      headers: realm,
      lacks: issued,
      events,
    },
  ]),
  {
    name: "POST /login/code ignores members that it does not know",
    prepare: enrolAlice,
    send: async (_token, prepared) => {
      const json = { mfa_token: await ticketOf(prepared.service), code: appOf(prepared).code() }
      takeEvents(prepared.service)
      return { json: { ...json, username: "bob", remember: true } }
    },
    status: 200,
    events: loggedIn("otp"),
  },
  {
    name: "POST /login/code takes a ticket beside whatever Authorization there is",
    prepare: enrolAlice,
    send: async (token, prepared) => {
      const json = { mfa_token: await ticketOf(prepared.service), code: appOf(prepared).code() }
      takeEvents(prepared.service)
      return { json, token: `${token} x` }
    },
    status: 200,
    events: loggedIn("otp"),
  },
  {
    name: "POST /login/code refuses a ticket that was made up",
    prepare: enrolAlice,
    send: (_token, prepared) => ({
      json: { mfa_token: `ptm_${"A".repeat(200)}.${"A".repeat(32)}`, code: appOf(prepared).code() },
    }),
    status: 401,
    refusal: isOver,
    headers: invalid,
    reason: "revoked",
    events: [],
  },
]
