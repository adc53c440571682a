// Who may change second factors, and what else the endpoints below /mfa are sent.

import type { PreparedService, Scenario, Send } from "../support/api_scenario.ts"
import { refresh, takeEvents } from "../support/api_scenario.ts"
import { appWith } from "../support/second_factor.ts"
import { alice, appOf, enrolAlice, logInWith, ticketOf } from "./mfa_calls.ts"

const error = "insufficient_user_authentication"
const challenge = (more: string) => ({
  "WWW-Authenticate": `Bearer realm="postern", error="${error}"${more}`,
})

/** What changes factors or the password of a user who has a factor, and a body that would do. */
const changing: readonly (readonly [route: string, json?: object])[] = [
  ["POST /mfa/totp"],
  ["POST /mfa/totp/confirm", { code: "000000" }],
  ["POST /mfa/passkeys/options", {}],
  ["POST /mfa/passkeys", { credential: {}, name: "Key" }],
  ["POST /mfa/recovery"],
  ["DELETE /mfa/AAAAAAAAAAAAAAAAAAAAAA"],
  ["POST /password", { current: alice.password, new: "a-much-longer-password" }],
]

/** Sends with a token that was got in some way, without the events of that. */
const sending = (get: (prepared: PreparedService) => Promise<string>, json?: object): Send => {
  return async (_token, prepared) => {
    const token = await get(prepared)
    takeEvents(prepared.service)
    return json === undefined ? { token } : { token, json }
  }
}

async function refreshedToken({ service, tokens }: PreparedService): Promise<string> {
  return (await refresh(service, tokens.refresh_token)).access_token
}

async function tokenOfBothFactors(prepared: PreparedService): Promise<string> {
  return (await logInWith(prepared.service, appOf(prepared).code())).access_token
}

async function refreshedTokenOfBoth(prepared: PreparedService): Promise<string> {
  const { refresh_token } = await logInWith(prepared.service, appOf(prepared).code())
  return (await refresh(prepared.service, refresh_token)).access_token
}

/** The token of a session that set an app up, and has not shown it. */
async function tokenOfEnroller({ service }: PreparedService): Promise<string> {
  const token = await service.logIn("bob", "builder")
  const { secret } = JSON.parse((await service.call("POST", "/mfa/totp", { token })).body)
  const json = { code: appWith(secret, service).code() }
  await service.call("POST", "/mfa/totp/confirm", { token, json })
  return token
}

/** The token of a session whose factor was shown more than a day ago. */
async function tokenOfYesterday(prepared: PreparedService): Promise<string> {
  const { service } = prepared
  const { refresh_token } = await logInWith(service, appOf(prepared).code())
  service.clock.advance(86_399)
  const { access_token } = await refresh(service, refresh_token)
  service.clock.advance(1)
  return access_token
}

const days = { settings: { idleSeconds: 200_000 } }

/** The rows. */
export const mfaEnrolmentRows: readonly Scenario[] = [
  ...changing.flatMap(([route, json]): Scenario[] => [
    {
      name: `${route} asks a user with a factor for that, who logged in without`,
      send: sending(tokenOfEnroller, json),
      status: 401,
      refusal: [error, "Second factor required"],
      headers: challenge(', acr_values="aal2"'),
      reason: "missing_factor",
      events: [],
    },
    {
      name: `${route} asks for a factor that is not a day old`,
      options: days,
      prepare: enrolAlice,
      send: sending(tokenOfYesterday, json),
      status: 401,
      refusal: [error, "Second factor required"],
      headers: challenge(', acr_values="aal2"'),
      reason: "missing_factor",
      events: [],
    },
    {
      name: `${route} asks for a fresh login, with a factor`,
      prepare: enrolAlice,
      send: sending(refreshedTokenOfBoth, json),
      status: 401,
      refusal: [error, "Fresh token required"],
      headers: challenge(""),
      reason: "not_fresh",
      events: [],
    },
    {
      name: `${route} asks for a fresh login, without a factor`,
      send: sending(refreshedToken, json),
      status: 401,
      refusal: [error, "Fresh token required"],
      headers: challenge(""),
      reason: "not_fresh",
      events: [],
    },
  ]),
  {
    name: "GET /mfa shows an old and weak login what there is",
    options: days,
    prepare: enrolAlice,
    send: sending(tokenOfYesterday),
    status: 200,
    members: { methods: ["otp", "recovery"], required: false, recovery_codes_left: 10 },
    lacks: ["secret", "sealed", "hash", "handle", "argon2"],
    events: [],
  },
  {
    name: "POST /mfa/totp takes a fresh login with the factor",
    prepare: enrolAlice,
    send: sending(tokenOfBothFactors),
    status: 200,
    lacks: ["recovery"],
    events: [],
  },
  {
    name: "POST /mfa/totp/confirm without an offer says so",
    send: (token) => ({ token, json: { code: "000000" } }),
    status: 404,
    refusal: ["not_found", "No authenticator app waits for its first code: start again"],
    events: [],
  },
  {
    name: "POST /mfa/totp/confirm refuses a member that it does not know",
    send: (token) => ({ token, json: { code: "000000", name: "phone" } }),
    status: 400,
    refusal: ["invalid_request", 'Unknown member "name": the body may have code, mfa_token'],
    events: [],
  },
  ...[undefined, "", null].map(
    (code): Scenario => ({
      name: `POST /mfa/totp/confirm with the code ${JSON.stringify(code)} misses one`,
      send: (token) => ({ token, json: { code } }),
      status: 400,
      refusal: ["invalid_request", "Missing code"],
      events: [],
    }),
  ),
  {
    name: "POST /mfa/totp/confirm with a number as code is refused",
    send: (token) => ({ token, json: { code: 123_456 } }),
    status: 400,
    refusal: ["invalid_request", "Code must be text"],
    events: [],
  },
  {
    name: "POST /mfa/recovery of a user without a factor makes no codes",
    send: (token) => ({ token }),
    status: 404,
    refusal: ["not_found", "You have no such factor"],
    events: [],
  },
  {
    name: "POST /mfa/totp takes the words that stand for no ticket as none",
    send: (token) => ({ token, json: { mfa_token: "null" } }),
    status: 200,
    events: [],
  },
  {
    name: "POST /mfa/totp refuses a bad ticket, whatever token is beside it",
    send: (token) => ({ token, json: { mfa_token: "ptm_x" } }),
    status: 401,
    refusal: ["invalid_token", "This login is over: log in again"],
    reason: "revoked",
    events: [],
  },
  {
    name: "POST /mfa/totp refuses the ticket of a login that has a factor",
    prepare: enrolAlice,
    send: async (_token, { service }) => {
      const json = { mfa_token: await ticketOf(service) }
      takeEvents(service)
      return { json }
    },
    status: 401,
    refusal: ["invalid_token", "This login is over: log in again"],
    events: [],
  },
]
