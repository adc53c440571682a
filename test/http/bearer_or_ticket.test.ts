// The ticket of a login as credentials: it comes before all others, and is never read as a token.

import assert from "node:assert/strict"
import { test } from "node:test"
import { bearer } from "../../src/http/bearer.ts"
import { bearerOrCookie, cookieIn } from "../../src/http/bearer_or_cookie.ts"
import { orTicket, ticketIn } from "../../src/http/bearer_or_ticket.ts"
import { makeRequest } from "../support/http_request.ts"

const json = { "content-type": "application/json" }
const reader = orTicket(bearer)

function read(body: string, headers: Readonly<Record<string, string>> = {}) {
  return reader.read(makeRequest({ headers: { ...json, ...headers }, body }))
}

test("orTicket() reads the ticket, or else the other credentials", () => {
  assert.equal(ticketIn(read('{"mfa_token":"ptm_a.b"}') ?? ""), "ptm_a.b")
  assert.equal(read("{}", { authorization: "Bearer x.y.z" }), "x.y.z")
  assert.equal(read(""), null)
  assert.equal(reader.name, "token or mfa_token")
  const missing = reader.missing(makeRequest())
  assert.deepEqual(
    [missing.code, missing.message],
    ["missing_token", "Missing Authorization Header"],
  )
})

test("orTicket() takes the ticket, whatever is beside it", () => {
  for (const authorization of ["Bearer x.y.z", "Bearer x y", "Basic eDp5", "Bearer null", ""]) {
    assert.equal(ticketIn(read('{"mfa_token":"ptm_a.b"}', { authorization }) ?? ""), "ptm_a.b")
  }
  const headers = { ...json, cookie: "__Host-postern=a.b", "sec-fetch-site": "same-origin" }
  const own = orTicket(bearerOrCookie("https://login.example.org"))
  const sent = own.read(makeRequest({ headers, body: '{"mfa_token":"ptm_a.b"}' }))
  assert.deepEqual([ticketIn(sent ?? ""), cookieIn(sent ?? "")], ["ptm_a.b", null])
  assert.equal(cookieIn(own.read(makeRequest({ headers })) ?? ""), "a.b")
})

test("orTicket() ignores a malformed ticket", () => {
  const bodies = [
    ...['{"mfa_token":""}', '{"mfa_token":" "}', '{"mfa_token":"null"}', '{"mfa_token":null}'],
    ...['{"mfa_token":7}', '{"mfa_token":["ptm_a.b"]}', "[]", "x", '{"ticket":"ptm_a.b"}'],
    '{"mfa_token":"ptm_a.b","mfa_token":"ptm_a.b"}',
  ]
  for (const body of bodies) {
    assert.equal(read(body), null, body)
    assert.equal(read(body, { authorization: "Bearer x.y.z" }), "x.y.z")
  }
  const form = { "content-type": "application/x-www-form-urlencoded" }
  assert.equal(read("mfa_token=ptm_a.b", form), null)
})

test("ticketIn() finds no ticket in a token, whatever it is", () => {
  for (const token of ["x.y.z", "ptm_a.b", "ticket", "ticketptm_a.b", "cookie a.b", ""]) {
    assert.equal(ticketIn(token), null, token)
  }
  // Sent as Bearer, a ticket is a token: no text with a blank is one.
  assert.throws(() => read("{}", { authorization: "Bearer ticket ptm_a.b" }), {
    code: "invalid_request",
  })
  assert.equal(ticketIn(read("{}", { authorization: "Bearer ptm_a.b" }) ?? ""), null)
})
