import assert from "node:assert/strict"
import { test } from "node:test"
import { json } from "../../src/http/message.ts"

test("json() makes a reply of one line that no cache stores", () => {
  assert.deepEqual(json(200, { a: 1, b: ["\n"] }), {
    status: 200,
    headers: {
      "Content-Type": "application/json; charset=utf-8",
      "Cache-Control": "no-store",
    },
    body: '{"a":1,"b":["\\n"]}\n',
  })
})

test("json() lets the headers it is given win", () => {
  const { headers } = json(200, {}, { "Cache-Control": "private", ETag: '"1"' })
  assert.equal(headers["Cache-Control"], "private")
  assert.equal(headers["ETag"], '"1"')
})
