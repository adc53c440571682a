// B-02, B-03, B-07 and J-51: who passes, who does not, and that a
// handler whose guard refused never ran.

import assert from "node:assert/strict"
import { test } from "node:test"
import { AuthError, type ErrorCode } from "../../src/errors.ts"
import {
  anyone,
  type Context,
  type GuardOptions,
  guard,
  type Handler,
  type Identity,
  withBody,
} from "../../src/http/guard.ts"
import { json, type Reply, type RequestHead } from "../../src/http/message.ts"
import { problem } from "../../src/http/problem.ts"
import { makeRequest } from "../support/http_request.ts"

const params = Object.freeze({ name: "value" })
const expected = "Expected 'Authorization: Bearer <JWT>'"
const otherScheme = `Missing 'Bearer' type in 'Authorization' header. ${expected}`
const badHeader = `Bad Authorization header. ${expected}`

function identity(members: Partial<Identity> = {}): Identity {
  const login = { fresh: true, secondsSinceLogin: 0, acr: "aal1" } as const
  return Object.freeze({ roles: [], ...login, hasFactor: false, mustEnrol: false, ...members })
}

/** A guarded route whose one good token is `good`, and what its parts were called with. */
function spied(options: GuardOptions, who = identity()) {
  const tokens: string[] = []
  const principals: unknown[] = []
  const contexts: Context[] = []
  const authenticate = async (token: string) => {
    tokens.push(token)
    if (token !== "good") throw new AuthError("invalid_token", "Invalid token")
    return who
  }
  const guarded = guard(authenticate, { ...options, optional: true })
  const strict = guard(authenticate, { ...options, optional: false })
  const handler: Handler<Context & { principal: Identity | null }> = (_request, context) => {
    contexts.push(context)
    principals.push(context.principal)
    return json(200, {})
  }
  const admitted = options.optional ? guarded(handler) : strict(handler)
  const send = async (authorization?: string): Promise<Reply> =>
    admitted.handle(
      makeRequest(authorization === undefined ? {} : { headers: { authorization } }),
      { params },
    )
  return { admitted, send, tokens, principals, contexts }
}

function refusal(code: ErrorCode, message: string) {
  return { name: "AuthError", code, message }
}

test("anyone() hands request, context and reply through", async () => {
  const seen: unknown[] = []
  const reply = json(200, {})
  const admitted = anyone((...values) => {
    seen.push(...values)
    return reply
  })
  const [request, context] = [makeRequest(), { params }]
  assert.equal(await admitted.handle(request, context), reply)
  assert.equal(seen[0], request)
  assert.equal(seen[1], context)
  assert.equal(admitted.access, "anyone")
})

test("guard() gives the handler the principal and the params, unchanged", async () => {
  const who = identity()
  const { send, tokens, principals, contexts } = spied({}, who)
  assert.equal((await send("Bearer good")).status, 200)
  assert.deepEqual(tokens, ["good"])
  assert.equal(principals[0], who)
  assert.equal(contexts[0]?.params, params)
})

const passing = [
  ...["Bearer good", "bearer good", "BEARER good", "bEaReR good"],
  ...["Bearer  good", `bearer${" ".repeat(40)}good`],
]

for (const header of passing) {
  test(`guard() takes '${header}'`, async () => {
    const { send, tokens, principals } = spied({})
    assert.equal((await send(header)).status, 200)
    assert.deepEqual(tokens, ["good"])
    assert.equal(principals.length, 1)
  })
}

const refusedHeaders: readonly (readonly [string, string | undefined, ErrorCode, string])[] = [
  ["no header", undefined, "missing_token", "Missing Authorization Header"],
  ["an empty header", "", "missing_token", "Missing Authorization Header"],
  ["Basic", "Basic Z29vZDpnb29k", "missing_token", otherScheme],
  ["Token", "Token good", "missing_token", otherScheme],
  ["a bare token", "good", "missing_token", otherScheme],
  ["no blank after the scheme", "Bearergood", "missing_token", otherScheme],
  ["a longer scheme", "Bearer-x good", "missing_token", otherScheme],
  ["a blank before the scheme", " Bearer good", "missing_token", otherScheme],
  ["a quoted scheme", '"Bearer" good', "missing_token", otherScheme],
  ["Basic before Bearer", "Basic Zzo=, Bearer good", "missing_token", otherScheme],
  ["only commas", ",,", "missing_token", otherScheme],
  ["the scheme alone", "Bearer", "invalid_request", badHeader],
  ["the scheme and a blank", "Bearer ", "invalid_request", badHeader],
  ["a tab after a space", "Bearer \tgood", "invalid_request", badHeader],
  ["a tab", "Bearer\tgood", "invalid_request", badHeader],
  ["a colon", "Bearer: good", "invalid_request", badHeader],
  ["an equals sign", "Bearer=good", "invalid_request", badHeader],
  ["a comma after the scheme", "Bearer, good", "invalid_request", badHeader],
  ["a blank after the token", "Bearer good ", "invalid_request", badHeader],
  ["two tokens", "Bearer good good", "invalid_request", badHeader],
  ["a list of two", "Bearer good, Bearer good", "invalid_request", badHeader],
  ["a list without blanks", "Bearer good,good", "invalid_request", badHeader],
  ["Bearer before Basic", "Bearer good, Basic Zzo=", "invalid_request", badHeader],
  ["a trailing comma", "Bearer good,", "invalid_request", badHeader],
  ["a no-break space", "Bearer good\u00a0", "invalid_request", badHeader],
  ["a line end", "Bearer good\n", "invalid_request", badHeader],
  ["a bad token", "Bearer bad", "invalid_token", "Invalid token"],
  ["a token of another case", "Bearer GOOD", "invalid_token", "Invalid token"],
  ["8-bit characters", "Bearer \u00ff\u00fe", "invalid_token", "Invalid token"],
  ["a quoted token", 'Bearer "good"', "invalid_token", "Invalid token"],
]

for (const [name, header, code, message] of refusedHeaders) {
  test(`guard() refuses ${name} without running the handler`, async () => {
    const { send, tokens, principals } = spied({})
    if (code === "missing_token") {
      const { status, body } = await send(header)
      assert.deepEqual([status, JSON.parse(String(body))], [401, { error: code, msg: message }])
    } else await assert.rejects(send(header), refusal(code, message))
    assert.deepEqual(principals, [])
    assert.equal(tokens.length, code === "invalid_token" ? 1 : 0)
  })

  // A request without a token is let in without a user. A request with a bad token is refused.
  const outcome = code === "missing_token" ? "passes" : "refuses"
  test(`guard() with optional and ${name} ${outcome}`, async () => {
    const { send, principals } = spied({ optional: true })
    if (code === "missing_token") assert.equal((await send(header)).status, 200)
    else await assert.rejects(send(header), refusal(code, message))
    assert.deepEqual(principals, code === "missing_token" ? [null] : [])
  })
}

test("guard() with optional gives the principal of a good token", async () => {
  const who = identity()
  const { send, principals } = spied({ optional: true }, who)
  await send("Bearer good")
  assert.equal(principals[0], who)
})

test("guard() passes a bug in authenticate on, and does not run the handler", async () => {
  const bug = new TypeError("undefined is not a function")
  const ran: true[] = []
  const admitted = guard(() => Promise.reject(bug))(() => {
    ran.push(true)
    return json(200, {})
  })
  const request = makeRequest({ headers: { authorization: "Bearer good" } })
  await assert.rejects(async () => admitted.handle(request, { params }), bug)
  assert.deepEqual(ran, [])
})

test("guard() with a role refuses a user without exactly that role", async () => {
  for (const roles of [[], ["Admin"], ["administrator"], ["admin "], ["user", "adm"]]) {
    const { send, principals } = spied({ role: "admin" }, identity({ roles }))
    const expectedRefusal = refusal("insufficient_scope", "This needs the role 'admin'")
    await assert.rejects(send("Bearer good"), expectedRefusal, String(roles))
    assert.deepEqual(principals, [])
  }
})

test("guard() with a role allows a user who has it among others", async () => {
  const { send, principals } = spied({ role: "admin" }, identity({ roles: ["user", "admin"] }))
  assert.equal((await send("Bearer good")).status, 200)
  assert.equal(principals.length, 1)
})

interface FreshRow {
  readonly option: true | number
  readonly who: Partial<Identity>
  readonly admitted: boolean
}

const freshRows: readonly FreshRow[] = [
  { option: true, who: { fresh: true, secondsSinceLogin: 9999 }, admitted: true },
  { option: true, who: { fresh: true, secondsSinceLogin: null }, admitted: true },
  { option: true, who: { fresh: false, secondsSinceLogin: 0 }, admitted: false },
  { option: 60, who: { fresh: true, secondsSinceLogin: 60 }, admitted: true },
  { option: 60, who: { fresh: false, secondsSinceLogin: 60 }, admitted: true },
  { option: 60, who: { fresh: true, secondsSinceLogin: 61 }, admitted: false },
  { option: 60, who: { fresh: true, secondsSinceLogin: null }, admitted: false },
  { option: 0, who: { fresh: true, secondsSinceLogin: 0 }, admitted: true },
  { option: 0, who: { fresh: true, secondsSinceLogin: 1 }, admitted: false },
]

for (const { option, who, admitted } of freshRows) {
  const named = `fresh ${option} and ${JSON.stringify(who)}`
  test(`guard() with ${named} ${admitted ? "passes" : "asks for a login"}`, async () => {
    const { send, principals } = spied({ fresh: option }, identity(who))
    const reply = await send("Bearer good")
    assert.equal(principals.length, admitted ? 1 : 0)
    assert.equal(reply.status, admitted ? 200 : 401)
    if (admitted) return
    const error = "insufficient_user_authentication"
    const maxAge = option === true ? "" : `, max_age="${option}"`
    assert.deepEqual(JSON.parse(reply.body), { error, msg: "Fresh token required" })
    assert.equal(
      reply.headers["WWW-Authenticate"],
      `Bearer realm="postern", error="${error}"${maxAge}`,
    )
    assert.equal(reply.headers["Cache-Control"], "no-store")
  })
}

test("guard() says in a word for the log why it refuses", async () => {
  const reasonOf = async (options: GuardOptions, authorization?: string) => {
    const { send } = spied(options, identity({ fresh: false }))
    return send(authorization).then(
      ({ reason }) => reason,
      ({ reason }: AuthError) => reason,
    )
  }
  assert.equal(await reasonOf({}), "missing_token")
  assert.equal(await reasonOf({}, ""), "missing_token")
  assert.equal(await reasonOf({}, "Basic Z29vZDpnb29k"), "other_scheme")
  assert.equal(await reasonOf({}, "Bearer good good"), "bad_header")
  assert.equal(await reasonOf({ role: "admin" }, "Bearer good"), "missing_role")
  for (const fresh of [true, 0]) {
    const { send } = spied({ fresh }, identity({ fresh: false, secondsSinceLogin: 1 }))
    assert.equal((await send("Bearer good")).reason, "not_fresh")
  }
  assert.equal(await reasonOf({ fresh: true, optional: true }), undefined)
})

test("guard() asks for the role before it asks for a new login", async () => {
  const { send } = spied({ role: "admin", fresh: true }, identity({ fresh: false }))
  await assert.rejects(
    send("Bearer good"),
    refusal("insufficient_scope", "This needs the role 'admin'"),
  )
})

test("guard() with optional asks for freshness only when a token is sent", async () => {
  const { send, principals } = spied({ optional: true, fresh: true }, identity({ fresh: false }))
  assert.equal((await send("Bearer good")).status, 401)
  assert.equal((await send()).status, 200)
  assert.deepEqual(principals, [null])
})

const accessRows: readonly (readonly [GuardOptions, string])[] = [
  [{}, "token"],
  [{ optional: true }, "token if any"],
  [{ fresh: true }, "token, fresh"],
  [{ fresh: 300 }, "token, fresh 300 s"],
  [{ fresh: 0 }, "token, fresh 0 s"],
  [{ fresh: false }, "token"],
  [{ role: "admin" }, "token, role admin"],
  [{ fresh: true, role: "admin" }, "token, fresh, role admin"],
]

test("guard() and anyone() say whether the body is read", () => {
  const guarded = guard(async () => identity())
  const handle = () => json(200, {})
  const reading = [anyone(withBody(handle)), guarded(withBody(handle))]
  const other = [anyone(handle), guarded(handle)]
  assert.deepEqual(
    [...reading, ...other].map(({ takesBody }) => takesBody),
    [true, true, false, false],
  )
})

test("guard() reads the token where its credential reader says", async () => {
  const credentials = {
    name: "x-token",
    read: ({ headers }: RequestHead) => headers.get("x-token") ?? null,
    missing: () => new AuthError("missing_token", "Missing X-Token"),
  }
  const who = identity()
  const guarded = guard(async () => who, { credentials })
  const handler = guarded((_head, { principal }) => json(200, { same: principal === who }))
  assert.equal(handler.access, "x-token")
  const good = makeRequest({ headers: { "x-token": "good" } })
  assert.deepEqual(await handler.handle(good, { params }), json(200, { same: true }))
  const asBearer = makeRequest({ headers: { authorization: "Bearer good" } })
  assert.deepEqual(
    await handler.handle(asBearer, { params }),
    problem("missing_token", "Missing X-Token"),
  )
})

test("guard() says in words who may use the route", () => {
  for (const [options, words] of accessRows) assert.equal(spied(options).admitted.access, words)
})
