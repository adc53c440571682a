import assert from "node:assert/strict"
import { test } from "node:test"
import { isJsonObject, readJsonObject } from "../../src/domain/strict_json.ts"

/** Texts of one object and whether they have blanks between their parts. */
const readable: readonly (readonly [text: string, spaced: boolean])[] = [
  ["{}", false],
  [" {} ", true],
  ['{"a":1}', false],
  ['{"a": 1}', true],
  ['{"a" :1}', true],
  ['\t{"a":1}', true],
  ['{"a":1}\r\n', true],
  ['{"a":[1, 2]}', true],
  ['{"a":" b : c , d "}', false],
  ['{"a b":"\\n\\t"}', false],
  ['{"a":"\\""}', false],
  ['{"a":"\\\\"}', false],
  ['{"a":"\\\\\\"\\":1"}', false],
  ['{"a":"\\"a\\":1,\\"a\\":2"}', false],
  ['{"":"","a":""}', false],
  ['{"a":{"a":{"a":[{"a":1},{"a":1}]}}}', false],
  ['{"a":null,"b":true,"c":-1.5e-7,"d":[],"e":{}}', false],
  ['{"a":"\u2028\u2029\u00a0\ufeff"}', false],
  ['{"a":"\\ud83d\\ude00","b":"\\ud800"}', false],
  ['{"\\u0061":1,"A":2}', false],
  ['{"__proto__":{"a":1},"constructor":2}', false],
]

const unreadable: readonly (readonly [name: string, content: string | Uint8Array])[] = [
  ["nothing", ""],
  ["a blank", " "],
  ["null", "null"],
  ["a list", "[]"],
  ["a list of an object", '[{"a":1}]'],
  ["a string", '"a"'],
  ["a number", "1"],
  ["true", "true"],
  ["cut", '{"a":'],
  ["two objects", "{}{}"],
  ["a trailing letter", "{}x"],
  ["a trailing NUL", "{}\0"],
  ["a trailing comma", '{"a":1,}'],
  ["a comment", '{"a":1}//'],
  ["single quotes", "{'a':1}"],
  ["NaN", '{"a":NaN}'],
  ["Infinity", '{"a":-Infinity}'],
  ["a raw line end in a string", '{"a":"\n"}'],
  ["a raw tab in a string", '{"a":"\t"}'],
  ["an unknown escape", '{"a":"\\x41"}'],
  ["a no-break space between parts", '{"a":\u00a01}'],
  ["a byte order mark", "\ufeff{}"],
  ["a member twice", '{"a":1,"a":1}'],
  ["a member twice with a blank before the colon", '{"a" :1,"a"\n:2}'],
  ["a member twice, once escaped", '{"a":1,"\\u0061":2}'],
  ["a member twice, first as object", '{"a":{"b":1},"a":2}'],
  ["a member twice, deep", '{"x":[[{"a":1,"b":2,"a":3}]]}'],
  ["an empty member twice", '{"":1,"":2}'],
  ["__proto__ twice", '{"__proto__":1,"__proto__":2}'],
  ["a quote in a name, twice", '{"\\"":1,"\\"":2}'],
  ["a list index twice", '{"0":1,"0":1}'],
  ["a lone continuation byte", Buffer.from('{"a":"\x80"}', "latin1")],
  ["an overlong slash", Buffer.from('{"a":"\xc0\xaf"}', "latin1")],
  ["a surrogate in UTF-8", Buffer.from('{"a":"\xed\xa0\x80"}', "latin1")],
  ["cut UTF-8", Buffer.from('{"a":"\xe2\x82"}', "latin1")],
  ["beyond Unicode", Buffer.from('{"a":"\xf4\x90\x80\x80"}', "latin1")],
  ["UTF-16", Buffer.from('{"a":1}', "utf16le")],
  ["UTF-16 with its mark", Buffer.from('\ufeff{"a":1}', "utf16le")],
]

test("readJsonObject() reads what JSON.parse reads, and reports blanks", () => {
  for (const [text, spaced] of readable) {
    const reading = readJsonObject(Buffer.from(text))
    assert.deepEqual(reading, { text, value: JSON.parse(text), spaced }, text)
  }
})

test("readJsonObject() takes __proto__ as a member like others", () => {
  const { value } = readJsonObject(Buffer.from('{"__proto__":{"admin":true}}'))
  assert.deepEqual(Object.keys(value), ["__proto__"])
  assert.equal(value["admin"], undefined)
  assert.equal(Object.getPrototypeOf(value), Object.prototype)
})

test("readJsonObject() throws SyntaxError or TypeError for anything else", () => {
  for (const [name, content] of unreadable) {
    assert.throws(
      () => readJsonObject(Buffer.from(content)),
      (error) => error instanceof SyntaxError || error instanceof TypeError,
      name,
    )
  }
})

test("readJsonObject() says what it alone refuses", () => {
  const rows = [
    ["[]", "Not a JSON object"],
    ["null", "Not a JSON object"],
    ['{"a":1,"a":2}', "A member stands twice"],
  ] as const
  for (const [text, message] of rows) {
    assert.throws(() => readJsonObject(Buffer.from(text)), { name: "SyntaxError", message })
  }
})

test("readJsonObject() is not led to recursion by depth, nor to waiting by length", () => {
  const depth = 100_000
  const deep = `{"a":${'[{"b":'.repeat(depth)}1${"}]".repeat(depth)}}`
  assert.equal(readJsonObject(Buffer.from(deep)).text, deep)
  const long = `{"a":"${'\\"'.repeat(500_000)}"}`
  assert.equal(readJsonObject(Buffer.from(long)).value["a"], '"'.repeat(500_000))
})

test("isJsonObject() accepts only objects", () => {
  for (const value of [{}, { a: 1 }, Object.create(null)]) assert.ok(isJsonObject(value))
  for (const value of [null, undefined, [], "a", 1, true, () => {}]) {
    assert.ok(!isJsonObject(value), String(value))
  }
})
