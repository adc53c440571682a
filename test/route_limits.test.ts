// The limits of the route table as they are, in a literal: any change shows here. The tests of
// test/service and test/api hold each of them.

import assert from "node:assert/strict"
import { test } from "node:test"
import { type RouteParts, routes } from "../src/routes.ts"

/** The limits of each row that has any. */
const limits: Readonly<Record<string, readonly string[]>> = {
  "POST /login": [
    "wrong passwords of a client or device at an account: 5 in a row, then a wait that doubles, from 1 to 900 s",
    "wrong passwords of a client: 100 at once, then 1 in 10 s",
    "wrong passwords of all strangers at an account: 70 in a row, then strangers are locked out",
    "right passwords of a client at an account: 300 at once, then 1 in 2 s",
    "right passwords of a client: 3000 at once, then 1 in 1 s",
    "wrong passwords of all devices and sessions of an account: 30 in a row, then they count as strangers",
    "right passwords of all devices and sessions of an account: 300 at once, then 1 in 2 s",
  ],
  "POST /register": [
    "attempts of a client: 100 at once, then 1 in 1 s",
    "accounts of a client: 30 at once, then 1 in 120 s",
    "accounts of all clients: 1000 at once, then 1 in 5 s",
  ],
  "POST /login/code": [
    "wrong codes of an account: 100 in a row, then no code counts",
    "codes of a login: 5 in a row, then the login is over",
  ],
  "POST /login/passkey": [
    "wrong passkeys of a client: 300 at once, then 1 in 2 s",
    "right passkeys of an account: 300 at once, then 1 in 2 s",
  ],
  "POST /mfa/totp": ["secrets for an account: 30 at once, then 1 in 10 s"],
  "POST /mfa/totp/confirm": ["sets of recovery codes of an account: 10 at once, then 1 in 60 s"],
  "POST /mfa/passkeys": [
    "new passkeys of an account: 30 at once, then 1 in 10 s",
    "sets of recovery codes of an account: 10 at once, then 1 in 60 s",
  ],
  "POST /mfa/recovery": ["sets of recovery codes of an account: 10 at once, then 1 in 60 s"],
  "POST /refresh": [
    "refused tokens of a client: 3000 at once, then 1 in 0.2 s",
    "writes for a session or token: 240 at once, then 1 in 3 s",
    "writes for an account: 600 at once, then 1 in 0.5 s",
  ],
  "POST /logout": [
    "writes for a session or token: 240 at once, then 1 in 3 s",
    "writes for an account: 600 at once, then 1 in 0.5 s",
  ],
  "POST /password": [
    "wrong passwords of a session: 5 in a row, then a wait that doubles, from 1 to 900 s",
    "wrong passwords of a session: 10 in a row, then the session ends",
    "new passwords of a session: 30 at once, then 1 in 2 s",
    "wrong passwords of all devices and sessions of an account: 30 in a row, then they count as strangers",
    "right passwords of all devices and sessions of an account: 300 at once, then 1 in 2 s",
  ],
}

const parts = { sessions: {}, register: () => {}, issuer: null } as unknown as RouteParts

test("routes() limits each use case as this list says", () => {
  const limited = routes(parts)
    .flat()
    .filter(([, , handler]) => handler.limits.length > 0)
  assert.deepEqual(
    Object.fromEntries(limited.map(([method, path, row]) => [`${method} ${path}`, row.limits])),
    limits,
  )
})
