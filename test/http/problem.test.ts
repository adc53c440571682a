import assert from "node:assert/strict"
import { test } from "node:test"
import {
  AuthError,
  type ErrorCode,
  OperatorError,
  tooManyRequests,
  Unavailable,
} from "../../src/errors.ts"
import { asDenial, problem, problemOf } from "../../src/http/problem.ts"

const realm = 'Bearer realm="postern"'

/** Every code, its status, and its challenge if it has one. `Record` keeps the list whole. */
const codes: Readonly<Record<ErrorCode, readonly [status: number, challenge?: string]>> = {
  invalid_request: [400],
  password_blocked: [400],
  invalid_credentials: [401, realm],
  invalid_code: [401, realm],
  mfa_required: [401, realm],
  mfa_enrolment_required: [401, realm],
  missing_token: [401, realm],
  invalid_token: [401, `${realm}, error="invalid_token"`],
  insufficient_user_authentication: [401, `${realm}, error="insufficient_user_authentication"`],
  insufficient_scope: [403, `${realm}, error="insufficient_scope"`],
  access_denied: [403],
  wrong_password: [403],
  not_found: [404],
  method_not_allowed: [405],
  request_timeout: [408],
  username_taken: [409],
  last_admin: [409],
  precondition_failed: [412],
  content_too_large: [413],
  uri_too_long: [414],
  unsupported_media_type: [415],
  expectation_failed: [417],
  misdirected_request: [421],
  precondition_required: [428],
  too_many_requests: [429],
  header_fields_too_large: [431],
  server_error: [500],
  temporarily_unavailable: [503],
  http_version_not_supported: [505],
}

for (const [code, [status, challenge]] of Object.entries(codes)) {
  test(`problem() gives ${code} its status ${status} and its challenge`, () => {
    const reply = problem(code as ErrorCode, "A sentence")
    assert.equal(reply.status, status)
    assert.equal(reply.headers["WWW-Authenticate"], challenge)
    assert.equal(reply.headers["Content-Type"], "application/json; charset=utf-8")
    assert.equal(reply.headers["Cache-Control"], "no-store")
    assert.equal(reply.body, `{"error":"${code}","msg":"A sentence"}\n`)
  })
}

test("problem() adds the headers it is given, and lets them win", () => {
  const added = problem("method_not_allowed", "No", { Allow: "GET" })
  assert.equal(added.headers["Allow"], "GET")
  assert.equal(added.headers["Cache-Control"], "no-store")
  const won = problem("invalid_token", "No", { "WWW-Authenticate": "Basic" })
  assert.equal(won.headers["WWW-Authenticate"], "Basic")
})

test("problemOf() answers a refusal with its code and sentence", () => {
  const error = new AuthError("insufficient_scope", "This needs the role 'admin'")
  assert.deepEqual(problemOf(error), problem("insufficient_scope", "This needs the role 'admin'"))
})

test("problemOf() hands on why a token was refused, beside the same reply", () => {
  const refused = new AuthError("invalid_token", "Invalid token", { reason: "signature" })
  const reply = problem("invalid_token", "Invalid token")
  assert.deepEqual(problemOf(refused), { ...reply, reason: "signature" })
})

test("problemOf() answers too many requests with the seconds to wait, in the header and the text", () => {
  const rows: readonly (readonly [seconds: number, told: string])[] = [
    [0.2, "1"],
    [1, "1"],
    [1.01, "2"],
    [900, "900"],
  ]
  for (const [seconds, told] of rows) {
    const reply = problemOf(tooManyRequests(seconds))
    assert.deepEqual([reply?.status, reply?.headers["Retry-After"]], [429, told])
    const msg = `Too many attempts: try again in ${told} s`
    assert.deepEqual(JSON.parse(reply?.body ?? ""), { error: "too_many_requests", msg })
  }
  const refusal = problemOf(new AuthError("not_found", "No"))
  assert.equal(Object.hasOwn(refusal?.headers ?? {}, "Retry-After"), false)
})

test("problemOf() answers 503 and when to come back, without the cause", () => {
  const cause = new Error("/data/journal.jsonl: ENOSPC")
  const reply = problemOf(new Unavailable("The store can't write", { cause, retryAfterSeconds: 7 }))
  const body = { error: "temporarily_unavailable", msg: "The store can't write" }
  assert.equal(reply?.status, 503)
  assert.equal(reply?.headers["Retry-After"], "7")
  assert.deepEqual(JSON.parse(reply?.body ?? ""), body)
})

test("problemOf() leaves everything else to the caller: it is a bug", () => {
  const operator = new OperatorError("No", { hint: "None", exitCode: 1 })
  const imitation = { name: "AuthError", code: "invalid_token", message: "No" }
  for (const thrown of [new TypeError("x"), operator, imitation, "text", null, undefined]) {
    assert.equal(problemOf(thrown), null)
  }
})

test("asDenial() makes 403 of each refusal but 401, and leaves failures", () => {
  for (const [code, [status]] of Object.entries(codes)) {
    const reply = problem(code as ErrorCode, "A sentence")
    const isFailure = status === 500 || status === 503
    const expected = status === 401 || isFailure ? status : 403
    assert.deepEqual(asDenial(reply), { ...reply, status: expected }, code)
  }
  for (const status of [200, 204, 302, 303]) {
    assert.equal(asDenial({ status, headers: {}, body: "" }).status, status)
  }
})
