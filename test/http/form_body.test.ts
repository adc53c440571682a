// Forms: which bodies are read, and which are refused.

import assert from "node:assert/strict"
import { test } from "node:test"
import { readForm } from "../../src/http/form_body.ts"
import { cpuMillis } from "../support/cpu_millis.ts"
import { makeRequest } from "../support/http_request.ts"

const formType = "application/x-www-form-urlencoded"

function read(body: string | Uint8Array, type: string | null = formType) {
  const headers: Record<string, string> = type === null ? {} : { "content-type": type }
  return readForm(makeRequest({ method: "POST", headers, body }), ["name", "stay"])
}

test("readForm() gives the fields that it was asked for; those not sent are empty", () => {
  const rows: readonly (readonly [body: string, name: string, stay: string])[] = [
    ["name=alice&stay=1", "alice", "1"],
    ["stay=1&name=alice&other=x", "alice", "1"],
    ["name=alice", "alice", ""],
    ["name=&stay=", "", ""],
    ["", "", ""],
    ["n%61me=a", "a", ""],
    ["name=a+b%20c%2B%26%3D%25", "a b c+&=%", ""],
    ["name=%C3%A4%f0%9F%98%80", "ä😀", ""],
    ["name=%EF%BB%BFx", "\ufeffx", ""],
    ["name=*-._~!'()a%00", "*-._~!'()a\0", ""],
    ["__proto__=x&name=a&constructor=y", "a", ""],
  ]
  for (const [body, name, stay] of rows) {
    assert.deepEqual(read(body), { name, stay }, body)
  }
})

test("readForm() refuses a form that two readers could understand in two ways", () => {
  const malformed = [
    ...["&", "name=a&", "&name=a", "name=a&&stay=1", "name", "name=a&stay", "=a", "name=a=b"],
    ...["name=%", "name=%4", "name=%zz", "name=%u0041", "%=a", "name=a;stay=1", "name=a b"],
    ...["name=ä", "name=a\r\n", "name=a\0", 'name="a"', "name=<", "name=[]", "name[]=a"],
    // Not UTF-8: a lone byte, an overlong "/", a surrogate.
    ...["name=%FF", "name=%C3", "name=%C0%AF", "name=%ED%A0%80", "%FF=a"],
  ]
  for (const body of malformed) {
    assert.throws(() => read(body), {
      code: "invalid_request",
      message: "The form is malformed",
    })
  }
})

test("readForm() refuses a field that is there twice, in any spelling", () => {
  for (const body of ["name=a&name=b", "name=a&name=a", "name=a&n%61me=b", "x=1&name=a&x=2"]) {
    const message = "The form has a field twice"
    assert.throws(() => read(body), { code: "invalid_request", message }, body)
  }
})

test("readForm() reads at most 16 fields", () => {
  const fields = (count: number) => Array.from({ length: count }, (_, at) => `f${at}=1`).join("&")
  assert.deepEqual(read(fields(16)), { name: "", stay: "" })
  const message = "The form has more than 16 fields"
  assert.throws(() => read(fields(17)), { code: "invalid_request", message })
})

test("readForm() takes forms in UTF-8 and no other type", () => {
  const good = [formType, formType.toUpperCase(), `${formType}; charset=UTF-8`, `${formType} ;`]
  for (const type of good) assert.equal(read("name=a", type).name, "a", type)
  const bad = [
    ...[null, "", "application/json", "multipart/form-data; boundary=x", "text/plain"],
    ...[`${formType}x`, `x${formType}`, `${formType}, text/plain`, `${formType}; charset=latin1`],
    `text/plain; ${formType}`,
  ]
  for (const type of bad) {
    const message = "The body must be a form in UTF-8"
    assert.throws(() => read("name=a", type), { code: "unsupported_media_type", message })
  }
})

test("readForm() takes time in proportion to the body", () => {
  for (const part of ["%41", "a&", "=", "+", "%"]) {
    const body = part.repeat(1_000_000 / part.length)
    const millis = cpuMillis(() => {
      assert.throws(() => read(body), { code: "invalid_request" })
    })
    assert.ok(millis < 1000, `${part}: ${millis} ms`)
  }
})
