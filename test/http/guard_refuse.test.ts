// What a guard refuses by the head alone (H-26), which has to be what it refuses anyway.

import assert from "node:assert/strict"
import { test } from "node:test"
import { AuthError } from "../../src/errors.ts"
import { anyone, type GuardOptions, guard, type Identity } from "../../src/http/guard.ts"
import { json, type Reply } from "../../src/http/message.ts"
import { makeRequest } from "../support/http_request.ts"

const stale: Identity = { roles: ["reader"], fresh: false, secondsSinceLogin: 100 }
const handled = json(200, {})

async function authenticate(token: string): Promise<Identity> {
  if (token === "good") return stale
  throw new AuthError("invalid_token", "Invalid token")
}

const rows: readonly (readonly [
  what: string,
  options: GuardOptions,
  authorization: string,
  passes: boolean,
])[] = [
  ["a good token", {}, "Bearer good", true],
  ["a bad token", {}, "Bearer bad", false],
  ["no token", {}, "", false],
  ["no token where none is needed", { optional: true }, "", true],
  ["a bad token where none is needed", { optional: true }, "Bearer bad", false],
  ["two tokens", {}, "Bearer good good", false],
  ["a token that is not fresh", { fresh: true }, "Bearer good", false],
  ["a login too long ago", { fresh: 99 }, "Bearer good", false],
  ["a login not too long ago", { fresh: 100 }, "Bearer good", true],
  ["a missing role", { role: "admin" }, "Bearer good", false],
  ["the role", { role: "reader" }, "Bearer good", true],
]

for (const [what, options, authorization, passes] of rows) {
  test(`refuse() answers ${what} as handle() does, without the handler`, async () => {
    let calls = 0
    const handler = () => {
      calls += 1
      return handled
    }
    const admitted = options.optional
      ? guard(authenticate, { ...options, optional: true })(handler)
      : guard(authenticate, { ...options, optional: false })(handler)
    const request = makeRequest({ headers: authorization === "" ? {} : { authorization } })
    const early = await outcomeOf(async () => admitted.refuse(request))
    assert.equal(calls, 0)
    const late = await outcomeOf(async () => admitted.handle(request, { params: {} }))
    assert.equal(calls, passes ? 1 : 0)
    assert.deepEqual(late, passes ? handled : early)
    assert.equal(early === null, passes)
  })
}

test("refuse() of anyone() refuses nobody", async () => {
  const admitted = anyone(() => assert.fail("The handler ran"))
  assert.equal(await admitted.refuse(makeRequest()), null)
})

/** What came of it, given or thrown. */
async function outcomeOf(ask: () => Promise<Reply | null>): Promise<unknown> {
  try {
    return await ask()
  } catch (error) {
    assert.ok(error instanceof AuthError, String(error))
    return { code: error.code, message: error.message }
  }
}
