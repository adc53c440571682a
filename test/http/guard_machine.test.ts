// Guards and service tokens: a route lets machines in only if it says so.

import assert from "node:assert/strict"
import { test } from "node:test"
import { AuthError } from "../../src/errors.ts"
import { type GuardOptions, guard, type Identity } from "../../src/http/guard.ts"
import { json } from "../../src/http/message.ts"
import { makeRequest } from "../support/http_request.ts"

const person: Identity = {
  ...{ roles: [], fresh: true, secondsSinceLogin: 0, acr: "aal2" },
  ...{ hasFactor: true, mustEnrol: false },
}
const machine: Identity = {
  ...{ roles: ["reader"], fresh: false, secondsSinceLogin: null, acr: "aal1" },
  ...{ hasFactor: false, mustEnrol: false },
}

/** A route that takes `pts_good`, and what was asked of whom. */
function machineRoute(options: GuardOptions<Identity> = {}, who = machine) {
  const asked: string[] = []
  const authenticate = async (token: string) => {
    asked.push(`person ${token}`)
    return person
  }
  const admitted = guard(authenticate, {
    machine: async (token, { address, requestId }) => {
      asked.push(`machine ${token} ${address} ${requestId}`)
      if (token === "pts_good") return who
      throw new AuthError("invalid_token", "Invalid token", { reason: "unknown_token" })
    },
    ...options,
    optional: false,
  })((_head, { principal }) => json(200, { machine: principal === who }))
  const send = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` }
    return admitted.handle(makeRequest({ id: "r-7", headers }), { params: {} })
  }
  return { admitted, send, asked }
}

const told = (error: unknown) =>
  error instanceof AuthError && [error.code, error.message, error.reason].join(", ")

test("guard() with machine asks about each token in one place only", async () => {
  const { send, asked } = machineRoute()
  assert.deepEqual(JSON.parse((await send("pts_good")).body), { machine: true })
  assert.deepEqual(JSON.parse((await send("eyJh.x.y")).body), { machine: false })
  const refusal = (error: unknown) => told(error) === "invalid_token, Invalid token, unknown_token"
  await assert.rejects(send("pts_bad"), refusal)
  for (const token of ["PTS_good", "ptr_good", "xpts_good"]) await send(token)
  assert.deepEqual(asked, [
    ...["machine pts_good 127.0.0.1 r-7", "person eyJh.x.y", "machine pts_bad 127.0.0.1 r-7"],
    ...["person PTS_good", "person ptr_good", "person xpts_good"],
  ])
})

test("guard() without machine refuses a service token without a look-up", async () => {
  let asked = 0
  const authenticate = async () => {
    asked += 1
    return person
  }
  for (const options of [{}, { optional: true }] as const) {
    const admitted = guard(
      authenticate,
      options as { readonly optional: true },
    )(() => json(200, {}))
    const headers = { authorization: "Bearer pts_good" }
    const sent = async () => admitted.handle(makeRequest({ headers }), { params: {} })
    await assert.rejects(sent(), (error) => {
      assert.equal(told(error), "invalid_token, Service tokens are not accepted here, type")
      return true
    })
  }
  assert.equal(asked, 0)
})

const demands: readonly (readonly [options: GuardOptions<Identity>, granted: Partial<Identity>])[] =
  [
    [{ fresh: true }, { fresh: true }],
    [{ fresh: 60 }, { secondsSinceLogin: 0 }],
    [{ acr: "aal2" }, { acr: "aal2" }],
    [{ role: "admin" }, { roles: ["admin"] }],
  ]

for (const [options, granted] of demands) {
  test(`guard() with machine and ${JSON.stringify(options)} needs ${JSON.stringify(granted)}`, async () => {
    const reply = await machineRoute(options)
      .send("pts_good")
      .catch((error) => ({ status: told(error) }))
    assert.ok(
      reply.status === 401 || /^insufficient_scope, /.test(String(reply.status)),
      reply.status as string,
    )
    const strong = machineRoute(options, { ...machine, ...granted })
    assert.equal((await strong.send("pts_good")).status, 200)
  })
}

test("guard() with machine does not go with a user's own factor", () => {
  const message = /^A machine has no factor of its own: ask for acr 'aal2'$/
  assert.throws(() => machineRoute({ acr: "own" }), { name: "TypeError", message })
})

test("guard() with machine says so in words", () => {
  const words = ({ ...options }: GuardOptions<Identity>) => machineRoute(options).admitted.access
  assert.equal(words({}), "token or service token")
  assert.equal(words({ fresh: true, role: "x" }), "token or service token, fresh, role x")
})
