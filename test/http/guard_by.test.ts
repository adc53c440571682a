// Guards of a wing's own, and routes that take forms beside their other bodies.

import assert from "node:assert/strict"
import { test } from "node:test"
import {
  anyone,
  type Explain,
  explained,
  type GuardedContext,
  guardBy,
  orForm,
  withBody,
} from "../../src/http/guard.ts"
import { json } from "../../src/http/message.ts"
import { makeRequest } from "../support/http_request.ts"

const params = {}

test("guardBy() gives the handler the principal that it admitted", async () => {
  const admitting = guardBy("cookie", async ({ headers }) => ({
    principal: headers.get("cookie") ?? "",
  }))
  const row = admitting((_request, { principal }: GuardedContext<string>) => json(200, [principal]))
  const reply = await row.handle(makeRequest({ headers: { cookie: "a" } }), { params })
  assert.equal(reply.body, '["a"]\n')
  assert.deepEqual([row.access, row.takesBody, row.limits], ["cookie", false, []])
})

test("guardBy() answers in the guard's place without running the handler", async () => {
  const refusing = guardBy<string>("cookie", async () => ({ reply: json(303, {}) }))
  const row = refusing(withBody(() => assert.fail("The handler ran")))
  assert.equal((await row.handle(makeRequest(), { params })).status, 303)
  assert.equal(row.takesBody, true)
})

test("orForm() gives forms to the one handler, and all else to the other", async () => {
  const limits = { wrong: { counts: "tries", inARow: 5, next: "the end" } }
  const other = anyone(
    withBody(() => json(200, ["other"])),
    limits,
  )
  const row = orForm(
    other,
    guardBy<null>("own page", async () => ({ principal: null }))(() => json(200, ["form"])),
  )
  const send = async (type?: string) => {
    const headers: Record<string, string> = type === undefined ? {} : { "content-type": type }
    return JSON.parse((await row.handle(makeRequest({ headers }), { params })).body)[0]
  }
  const form = "application/x-www-form-urlencoded"
  for (const type of [form, `${form}; charset=utf-8`, form.toUpperCase()]) {
    assert.equal(await send(type), "form", type)
  }
  for (const type of [undefined, "", "application/json", `${form}x`, "text/plain"]) {
    assert.equal(await send(type), "other", type)
  }
  assert.deepEqual(
    [row.access, row.takesBody, row.limits],
    ["anyone; form: own page", true, other.limits],
  )
})

test("explained() explains the errors of a route, and orForm() asks the one that failed", () => {
  const route = anyone(withBody(() => json(200, {})))
  const explain: Explain = (error, { reply }) => ({ ...reply, body: `explained ${error}` })
  const pages = explained(route, explain)
  assert.deepEqual([pages.access, pages.takesBody, pages.limits], ["anyone", true, []])
  const reply = json(400, {})
  assert.equal(route.explain("x", { reply, request: makeRequest() }), reply)
  assert.equal(pages.explain("x", { reply, request: makeRequest() }).body, "explained x")
  const both = orForm(route, pages)
  const headers = { "content-type": "application/x-www-form-urlencoded" }
  assert.equal(both.explain("x", { reply, request: makeRequest({ headers }) }).body, "explained x")
  assert.equal(both.explain("x", { reply, request: makeRequest() }), reply)
})
