// What POST /login is sent as device token: it changes nothing about a password that is right or
// wrong.

import type { Scenario } from "../support/api_scenario.ts"
import { typedPasswords } from "./login_rows.ts"

const { right, wrong } = typedPasswords
const secrets = [...Object.values(typedPasswords), "$argon2"]
const wrongTypes = [0, 1, true, false, [], [right], {}, { $ne: null }]

/** What nobody was given: it is no reason to refuse the right password, nor to take a wrong one. */
const strangeDeviceTokens = [
  null,
  "",
  "ptd_",
  "nonsense",
  `ptd_${"Zz".repeat(24)}`,
  "Zz".repeat(5000),
]

/** The rows. */
export const deviceTokenRows: readonly Scenario[] = [
  ...wrongTypes.map(
    (value): Scenario => ({
      name: `POST /login refuses the device token ${JSON.stringify(value).replaceAll(right, "…")}`,
      send: { json: { username: "alice", password: right, device_token: value } },
      status: 400,
      refusal: ["invalid_request", "device_token must be text"],
      lacks: secrets,
      events: [],
    }),
  ),
  ...strangeDeviceTokens.flatMap((text): readonly Scenario[] => {
    const named = `with a strange device token, ${JSON.stringify(text).slice(0, 20)} of ${text?.length ?? 0}`
    return [
      {
        name: `POST /login ${named}, answers tokens for the right password`,
        send: { json: { username: "alice", password: right, device_token: text } },
        status: 200,
        lacks: [...secrets, "Zz".repeat(6)],
        events: ["login.succeeded alice"],
      },
      {
        name: `POST /login ${named}, refuses a wrong password`,
        send: { json: { username: "alice", password: wrong, device_token: text } },
        status: 401,
        refusal: ["invalid_credentials", "Bad username or password"],
        headers: { "WWW-Authenticate": 'Bearer realm="postern"' },
        events: ["login.failed alice"],
      },
    ]
  }),
]
