// Small functions on texts: what each promises for every text there is.

import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { isJsonObject, readJsonObject } from "../../src/domain/strict_json.ts"
import { canonicalUsername } from "../../src/domain/username.ts"
import { AuthError } from "../../src/errors.ts"
import { readJsonBody, readTexts } from "../../src/http/json_body.ts"
import { findPasswordFault } from "../../src/password/policy.ts"
import { isPossiblePassword, normalizePassword } from "../../src/password/text.ts"
import { makeRequest } from "../support/http_request.ts"
import { anyBytes, anyJson, anyText, edited, edits } from "./inputs.ts"
import { holds } from "./property.ts"

const jsonObject = fc.dictionary(anyText, anyJson)
const wellFormed = fc.string({ unit: "binary", maxLength: 40 })

test("readJsonObject() reads what JSON.stringify writes of any object, as JSON.parse does", () =>
  holds(jsonObject, (value) => {
    const text = JSON.stringify(value)
    const reading = readJsonObject(Buffer.from(text))
    assert.deepEqual(reading.value, JSON.parse(text))
    assert.deepEqual([reading.text, reading.spaced], [text, false])
  }))

test("readJsonObject() reads any bytes as JSON.parse does, or throws one of two errors", () =>
  holds(fc.oneof(anyBytes, changedJson()), (bytes) => {
    let value: unknown
    try {
      value = readJsonObject(bytes).value
    } catch (error) {
      assert.ok(error instanceof SyntaxError || error instanceof TypeError, `${error}`)
      return
    }
    assert.ok(isJsonObject(value))
    assert.deepEqual(value, JSON.parse(bytes.toString("utf8")))
  }))

test("readJsonObject() reads no object with a member twice, however it is written", () =>
  holds(fc.tuple(jsonObject, anyText, anyJson, fc.boolean()), ([value, name, other, escaped]) => {
    const first = JSON.stringify({ ...value, [name]: 1 })
    const key = escaped ? `"${escapedWhole(name)}"` : JSON.stringify(name)
    const twice = `${first.slice(0, -1)},${key}:${JSON.stringify(other) ?? null}}`
    if (JSON.parse(twice) === null) return
    assert.throws(() => readJsonObject(Buffer.from(twice)), SyntaxError)
  }))

test("readJsonBody() takes types of JSON in UTF-8, and refuses any other text in one way", () =>
  holds(contentType(), (type) => {
    const request = makeRequest({ headers: { "content-type": type }, body: "{}" })
    const isJson = /^application\/json[ \t]*(;|$)/i.test(type)
    try {
      assert.deepEqual(readJsonBody(request), {})
      assert.ok(isJson)
    } catch (error) {
      assert.ok(error instanceof AuthError, `${error}`)
      assert.equal(error.code, "unsupported_media_type")
      // Of JSON nothing is refused but another charset.
      assert.ok(!isJson || /charset/i.test(type))
    }
  }))

test("readTexts() gives texts that are not empty, or refuses without a word of them", () =>
  holds(fc.tuple(anyJson, anyJson), ([username, password]) => {
    const body = JSON.stringify({ username, password })
    const headers = { "content-type": "application/json" }
    try {
      const texts = readTexts(makeRequest({ headers, body }), ["username", "password"])
      assert.deepEqual(texts, JSON.parse(body))
      for (const text of Object.values(texts)) assert.ok(typeof text === "string" && text !== "")
    } catch (error) {
      assert.ok(error instanceof AuthError, `${error}`)
      assert.equal(error.code, "invalid_request")
      assert.match(error.message, /^(Missing username or|Username and) password( must be text)?$/)
    }
  }))

test("canonicalUsername() gives the form that is its own, or null", () =>
  holds(
    anyText,
    (typed) => {
      const name = canonicalUsername(typed)
      if (name === null) return
      assert.match(name, /^(?!-|\.+$)[a-z0-9._@+!$&'=^~-]{1,254}$/)
      assert.equal(canonicalUsername(name), name)
      assert.equal(canonicalUsername(`\u00a0 ${typed}\t\u3000`), name)
      for (const same of [typed.toUpperCase(), typed.normalize("NFD"), typed.normalize("NFKD")]) {
        assert.ok([name, null].includes(canonicalUsername(same)), same)
      }
    },
    { found: ["\u212aelvin", "\u017fam", "\ufb01n", "\u0130", "\u0345"] },
  ))

test("canonicalUsername() makes one name of all compatible letters", () => {
  const letter = fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz0123456789")
  return holds(fc.string({ unit: letter, minLength: 1, maxLength: 254 }), (name) => {
    const fullWidth = name.replace(/./g, (one) => String.fromCharCode(one.charCodeAt(0) + 0xfee0))
    for (const typed of [name, name.toUpperCase(), fullWidth, fullWidth.toUpperCase()]) {
      assert.equal(canonicalUsername(typed), name)
    }
  })
})

test("normalizePassword() makes one form of those that are canonically the same", () =>
  holds(wellFormed, (password) => {
    const form = normalizePassword(password)
    assert.equal(normalizePassword(form), form)
    assert.equal(normalizePassword(password.normalize("NFD")), form)
  }))

test("findPasswordFault() tells why in one of its sentences, or lets a password pass that can be one", () =>
  holds(fc.record({ password: longText(), username: wellFormed }), async (chosen) => {
    const refusal = await findPasswordFault(chosen)
    if (refusal !== null) {
      assert.ok(["invalid_request", "password_blocked"].includes(refusal.code))
      assert.match(refusal.message, /^A password [\w ,']+$/)
    } else {
      assert.ok(isPossiblePassword(chosen.password))
      assert.ok([...normalizePassword(chosen.password)].length >= 15)
    }
  }))

function changedJson(): fc.Arbitrary<Buffer> {
  const parts = ['"', "\\", ":", ",", "{}", '"a":', '"a":1,', "\\u0061", "\ufeff", "1e999", " "]
  return fc
    .tuple(jsonObject, edits(parts))
    .map(([value, changes]) => edited(Buffer.from(JSON.stringify(value)), changes))
}

function contentType(): fc.Arbitrary<string> {
  const parts = ["application/json", "APPLICATION/json", ";", " ", "\t", "charset=", "utf-8", '"']
  const more = ["UTF-8", '"utf-8"', "text/plain", "utf-16", ",", "; charset=utf-8", "+json", "\n"]
  return fc.oneof(
    anyText,
    fc.array(fc.constantFrom(...parts, ...more), { maxLength: 5 }).map((some) => some.join("")),
  )
}

function longText(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.string({ minLength: 10, maxLength: 40 }),
    fc.tuple(anyText, fc.integer({ min: 1, max: 200 })).map(([text, times]) => text.repeat(times)),
    fc.array(anyText, { maxLength: 8 }).map((texts) => texts.join("")),
  )
}

function escapedWhole(text: string): string {
  return [...Array(text.length).keys()]
    .map((at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, "0")}`)
    .join("")
}
