// Failures that no form can show beside its fields, as pages.

import assert from "node:assert/strict"
import { test } from "node:test"
import { AuthError, tooManyRequests, Unavailable } from "../../src/errors.ts"
import { json } from "../../src/http/message.ts"
import { faultOf, faultReply, formReply } from "../../src/pages/fault_reply.ts"
import { html } from "../../src/pages/html.ts"
import { makeRequest } from "../support/http_request.ts"
import { checkPage } from "./page_checks.ts"

const site = { name: "Home", origin: "https://login.example.org", host: "login.example.org" }

function fault(error: unknown, status: number) {
  const reply = faultReply(error, { reply: json(status, {}), request: makeRequest() }, site)
  checkPage(reply.body)
  assert.equal(reply.status, status)
  assert.equal(reply.isPage, true)
  const [, heading] = /<h1>(.*)<\/h1>/.exec(reply.body) ?? []
  return { reply, heading }
}

test("faultReply() says whether the form or the permission is at fault", () => {
  const form = fault(new AuthError("invalid_request", "The form is malformed"), 400)
  assert.equal(form.heading, "The form could not be read")
  const refused = fault(new AuthError("access_denied", "This is <not> for you"), 403)
  assert.equal(refused.heading, "This can’t be done")
  assert.ok(refused.reply.body.includes("This is &lt;not&gt; for you."))
})

test("faultReply() says when to try again, to people and to programs", () => {
  const busy = fault(new Unavailable("The disk is full", { retryAfterSeconds: 5 }), 503)
  assert.equal(busy.heading, "Try again in a moment")
  assert.match(busy.reply.body, /Try again in 5 seconds\./)
  assert.equal(busy.reply.headers["Retry-After"], "5")
  // What failed is for the operator's log.
  assert.equal(busy.reply.body.includes("disk"), false)
  const often = fault(tooManyRequests(61), 429)
  assert.equal(often.heading, "Too many attempts")
  assert.equal(often.reply.headers["Retry-After"], "61")
})

test("faultReply() of a bug shows the request's id and nothing of the error", () => {
  const bug = fault(new Error("secret"), 500)
  assert.equal(bug.heading, "Something went wrong here")
  assert.ok(bug.reply.body.includes('<span class="secret">request-1</span>'))
  assert.equal(bug.reply.body.includes(">secret<"), false)
  assert.equal(bug.reply.headers["Retry-After"], undefined)
})

test("faultReply() names the way back from an address that is not protected", () => {
  const unlisted = { reason: "unlisted_host" } as const
  const { reply, heading } = fault(new AuthError("invalid_request", "x", unlisted), 400)
  assert.equal(heading, "This address can’t be opened from here")
  assert.match(reply.body, /href="\/account"/)
})

test("faultOf() gives the kind of a listed code with its reason, and throws other errors", () => {
  const kinds = { invalid_code: "wrong", invalid_token: "over" } as const
  const wrong = new AuthError("invalid_code", "That is wrong")
  assert.deepEqual(faultOf(wrong, kinds), { kind: "wrong", reason: "That is wrong." })
  for (const other of [new AuthError("invalid_credentials", "x"), new Error("x"), null]) {
    assert.throws(
      () => faultOf(other, kinds),
      (thrown) => thrown === other,
    )
  }
})

test("faultOf() gives the wait of errors that only time can help", () => {
  assert.deepEqual(faultOf(tooManyRequests(3), {}), { kind: "too_many", waitSeconds: 3 })
  assert.deepEqual(faultOf(new Unavailable("x"), {}), { kind: "busy", waitSeconds: 1 })
})

test("formReply() has the status of the fault, and a Retry-After where time helps", () => {
  const page = html`x`
  const replyOf = (fault: Parameters<typeof formReply>[1]) => {
    const { status, headers } = formReply(page, fault)
    return [status, headers["Retry-After"]]
  }
  assert.deepEqual(replyOf(null), [200, undefined])
  assert.deepEqual(replyOf({ kind: "no_code" }), [400, undefined])
  assert.deepEqual(replyOf({ kind: "wrong" }), [403, undefined])
  assert.deepEqual(replyOf({ kind: "late" }), [200, undefined])
  assert.deepEqual(replyOf({ kind: "too_many", waitSeconds: 7 }), [429, "7"])
  assert.deepEqual(replyOf({ kind: "busy", waitSeconds: 2 }), [503, "2"])
})
