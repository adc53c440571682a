// C-07 and H-11; H-34, H-36, H-37, H-38, F-32 and F-36.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { ErrorCode } from "../../src/errors.ts"
import { readJsonBody, readTexts } from "../../src/http/json_body.ts"
import { makeRequest } from "../support/http_request.ts"

const notObject = "The body must be one JSON object without duplicate members"
const notJson = "The body must be application/json in UTF-8"
const utf8 = (text: string) => Buffer.from(text, "utf8")

function read(body: string | Uint8Array, type: string | undefined = "application/json") {
  const headers = type === "" ? {} : { "content-type": type }
  return readJsonBody(makeRequest({ method: "POST", headers, body }))
}

function refusal(code: ErrorCode, message: string) {
  return { name: "AuthError", code, message }
}

test("readJsonBody() checks the type before the body (see media_type.test.ts)", () => {
  for (const type of ["application/json", "Application/JSON;", "application/json; charset=utf8"]) {
    assert.deepEqual({ ...read('{"a":1}', type) }, { a: 1 })
  }
  for (const type of ["", "text/plain; application/json", "application/json; charset=utf-16"]) {
    assert.throws(() => read('{"a":1}', type), refusal("unsupported_media_type", notJson))
    assert.throws(() => read("", type), refusal("unsupported_media_type", notJson))
  }
})

const badBodies: readonly (readonly [string, string | Uint8Array])[] = [
  ["nothing", ""],
  ["blanks", "  "],
  ["a torn object", '{"a":1'],
  ["an array", '[{"a":1}]'],
  ["text", '"a"'],
  ["null", "null"],
  ["a number", "1"],
  ["NaN", '{"a":NaN}'],
  ["single quotes", "{'a':1}"],
  ["a trailing comma", '{"a":1,}'],
  ["a comment", '{"a":1/* */}'],
  ["something after the object", '{"a":1} x'],
  ["two objects", '{"a":1}{"b":1}'],
  ["two byte order marks", "\ufeff\ufeff{}"],
  ["a byte order mark after a blank", " \ufeff{}"],
  ["a byte order mark after the object", "{}\ufeff"],
  ["nothing but a byte order mark", "\ufeff"],
  ["a torn byte order mark", Buffer.from([0xef, 0xbb, 0x7b, 0x7d])],
  ["a byte order mark of UTF-16", Buffer.from('\ufeff{"a":1}', "utf16le")],
  ["UTF-16", Buffer.from('{"a":1}', "utf16le")],
  ["the byte ff", Buffer.concat([utf8('{"a":"'), Buffer.from([0xff]), utf8('"}')])],
  ["the byte fe", Buffer.concat([utf8('{"a":"'), Buffer.from([0xfe]), utf8('"}')])],
  ["overlong UTF-8", Buffer.concat([utf8('{"a":"'), Buffer.from([0xc0, 0xaf]), utf8('"}')])],
  [
    "a surrogate in UTF-8",
    Buffer.concat([utf8('{"a":"'), Buffer.from([0xed, 0xa0, 0x80]), utf8('"}')]),
  ],
  ["a NUL in text", '{"a":"\u0000"}'],
  ["a member twice", '{"a":1,"a":1}'],
  ["a member twice, once escaped", '{"a":1,"\\u0061":1}'],
  ["a member twice further in", '{"a":{"x":1,"x":2}}'],
  ["a form", "a=1&b=2"],
]

for (const [name, body] of badBodies) {
  test(`readJsonBody() refuses ${name}`, () => {
    assert.throws(() => read(body), refusal("invalid_request", notObject))
  })
}

test("readJsonBody() skips one byte order mark", () => {
  assert.deepEqual({ ...read('\ufeff{"a":"\ufeffb"}') }, { a: "\ufeffb" })
  assert.deepEqual({ ...read('\ufeff {"a":1}') }, { a: 1 })
})

test("readJsonBody() gives members as they are, of any type, present or not", () => {
  assert.deepEqual({ ...read('{ "b" : [null, {"x": "ü"}] }') }, { b: [null, { x: "ü" }] })
  assert.deepEqual({ ...read("{}") }, {})
})

test("readJsonBody() gets through depth, and through thousands of members, without a bug", () => {
  const arrays = `{"a":${"[".repeat(7000)}${"]".repeat(7000)}}`
  assert.ok(Array.isArray(read(arrays)["a"]))
  const objects = `{"a":${'{"b":'.repeat(2500)}1${"}".repeat(2500)}}`
  assert.equal(typeof read(objects)["a"], "object")
  const members = Array.from({ length: 3000 }, (_, index) => `"${index}":0`).join(",")
  assert.equal(Object.keys(read(`{${members}}`)).length, 3000)
})

function readNames(json: object | string) {
  const body = typeof json === "string" ? json : JSON.stringify(json)
  const headers = { "content-type": "application/json" }
  return readTexts(makeRequest({ method: "POST", headers, body }), ["current", "new"])
}

test("readTexts() gives all texts as they are", () => {
  assert.deepEqual(
    { ...readNames({ new: " y ", current: "\u0000" }) },
    { new: " y ", current: "\0" },
  )
})

test("readTexts() refuses missing, null and empty members before wrong types", () => {
  const incomplete = [
    ...[{}, { current: "x" }, { new: "y" }, { current: "x", new: "" }, { current: "", new: "y" }],
    ...[{ current: null, new: "y" }, { current: "x", new: null }, { current: 7 }, { new: [] }],
  ]
  for (const json of incomplete) {
    assert.throws(
      () => readNames(json),
      refusal("invalid_request", "Missing current or new"),
      JSON.stringify(json),
    )
  }
})

test("readTexts() refuses members that are no text", () => {
  for (const value of [0, 1, false, true, [], ["x"], {}, { length: 1 }]) {
    for (const json of [
      { current: value, new: "y" },
      { current: "x", new: value },
    ]) {
      assert.throws(
        () => readNames(json),
        refusal("invalid_request", "Current and new must be text"),
        JSON.stringify(json),
      )
    }
  }
})

function readOptional(json: object) {
  const headers = { "content-type": "application/json" }
  const request = makeRequest({ method: "POST", headers, body: JSON.stringify(json) })
  return readTexts(request, ["name"], { optional: ["token", "hint"], flags: ["stay"] })
}

test("readTexts() gives flags where they are there, and refuses others than true and false", () => {
  for (const stay of [true, false, null]) {
    assert.deepEqual({ ...readOptional({ name: "x", stay }) }, { name: "x", stay })
  }
  for (const stay of [0, 1, "", "true", "on", [], [true], {}]) {
    assert.throws(
      () => readOptional({ name: "x", stay }),
      refusal("invalid_request", "stay must be true or false"),
      JSON.stringify(stay),
    )
  }
})

test("readTexts() gives objects, and refuses everything else in their place", () => {
  const read = (json: object) => {
    const headers = { "content-type": "application/json" }
    const request = makeRequest({ method: "POST", headers, body: JSON.stringify(json) })
    return readTexts(request, [], { objects: ["credential"], optional: ["name"] })
  }
  const credential = { id: "x", response: { a: [1] } }
  assert.deepEqual({ ...read({ credential, name: "y" }) }, { credential, name: "y" })
  assert.deepEqual({ ...read({ credential: {} }) }, { credential: {} })
  for (const missing of [{}, { credential: null }, { credential: "" }, { name: "y" }]) {
    assert.throws(() => read(missing), refusal("invalid_request", "Missing credential"))
  }
  for (const wrong of ["x", 0, 1, true, false, [], [credential]]) {
    const message = "credential must be an object"
    assert.throws(() => read({ credential: wrong }), refusal("invalid_request", message))
  }
  const message = 'Unknown member "more": the body may have credential, name'
  assert.throws(() => read({ credential, more: 1 }), refusal("invalid_request", message))
})

test("readTexts() gives optional texts where they are there, empty and null ones as well", () => {
  assert.deepEqual({ ...readOptional({ name: "x" }) }, { name: "x" })
  const all = { name: "x", token: "", hint: null }
  assert.deepEqual({ ...readOptional(all) }, all)
})

test("readTexts() refuses optional members that are no text, and requires the others", () => {
  for (const value of [0, false, [], ["x"], {}]) {
    for (const name of ["token", "hint"]) {
      assert.throws(
        () => readOptional({ name: "x", [name]: value }),
        refusal("invalid_request", `${name} must be text`),
        JSON.stringify(value),
      )
    }
  }
  assert.throws(() => readOptional({ token: "x" }), refusal("invalid_request", "Missing name"))
  assert.throws(
    () => readOptional({ name: "x", other: "y" }),
    refusal("invalid_request", 'Unknown member "other": the body may have name, token, hint, stay'),
  )
})

/** Members that nobody asked for, and how a message names them. */
const others: readonly (readonly [name: string, quoted: string])[] = [
  ...["sid", "Current", "__proto__", "constructor", "toString", "", "0", "new "].map(
    (name) => [name, `"${name}"`] as const,
  ),
  ['"; x="', String.raw`"\"; x=\""`],
  ["a\r\nb\u0000\u001b[31m", String.raw`"a\r\nb\u0000\u001b[31m"`],
  ["\u007f\u0085\u2028\u202e\u200b\ufeff", String.raw`"\u007f\u0085\u2028\u202e\u200b\ufeff"`],
  ["né\ud800", String.raw`"n\u00e9\ud800"`],
  ["x".repeat(60), `"${"x".repeat(60)}"`],
  ["x".repeat(61), `"${"x".repeat(59)}..."`],
  ["x".repeat(10_000), `"${"x".repeat(59)}..."`],
]

for (const [name, quoted] of others) {
  test(`readTexts() names the unknown member ${quoted} in one line of ASCII`, () => {
    const more = `${JSON.stringify(name)}:{"polluted":1},"another":1`
    const message = `Unknown member ${quoted}: the body may have current, new`
    assert.match(message, /^[ -~]{1,120}$/)
    assert.throws(
      () => readNames(`{"current":"x","new":"y",${more}}`),
      refusal("invalid_request", message),
    )
    assert.equal(Object.hasOwn(Object.prototype, "polluted"), false)
  })

  test(`readTexts() passes over the member ${quoted} where others are ignored`, () => {
    const body = `{${JSON.stringify(name)}:{"polluted":1},"a":"x","another":[1]}`
    const headers = { "content-type": "application/json" }
    const request = makeRequest({ method: "POST", headers, body })
    assert.equal(readTexts(request, ["a"], { unknown: "ignored" }).a, "x")
    assert.equal(Object.hasOwn(Object.prototype, "polluted"), false)
  })
}

test("readTexts() takes no member twice where others are ignored", () => {
  const headers = { "content-type": "application/json" }
  for (const body of [
    '{"a":"x","b":1,"b":1}',
    '{"a":"x","a":"y"}',
    '{"a":"x","b":{"c":1,"c":2}}',
  ]) {
    assert.throws(
      () => readTexts(makeRequest({ headers, body }), ["a"], { unknown: "ignored" }),
      refusal("invalid_request", notObject),
      body,
    )
  }
})

test("readTexts() refuses other bodies as readJsonBody() does", () => {
  assert.throws(() => readNames("[]"), refusal("invalid_request", notObject))
  assert.throws(
    () => readTexts(makeRequest({ body: "{}" }), ["current"]),
    refusal("unsupported_media_type", notJson),
  )
})
