// H-34 and H-43: which types are JSON in UTF-8.

import assert from "node:assert/strict"
import { test } from "node:test"
import { isJsonType } from "../../src/http/media_type.ts"
import { cpuMillis } from "../support/cpu_millis.ts"

const good = [
  ...["application/json", "Application/JSON", "APPLICATION/JSON;CHARSET=UTF-8"],
  ...["application/json;charset=utf-8", "application/json; charset=UTF-8"],
  ...['application/json ; charset="utf-8"', "application/json\t;\tcharset=utf-8"],
  ...["application/json; charset=utf8", 'application/json; charset="UTF8"'],
  ...['application/json; charset="utf\\-8"', "application/json; charset= utf-8 "],
  // Empty parameters (RFC 9110 §5.6.6).
  ...["application/json;", "application/json ; ", "application/json;;", "application/json; ;;"],
  ...["application/json;charset=utf-8;", "application/json;;charset=utf-8"],
  // Others, and what tutorials take for one.
  ...["application/json; x=1", "application/json; version=1; charset=utf-8"],
  ...["application/json;odata=verbose;IEEE754Compatible=true", "application/json; utf-8"],
  ...['application/json; profile="https://example.org/a;b=c,d"', "application/json; charset"],
  ...['application/json; x="a\\"b;charset=latin1"; charset=utf-8', "application/json; charset="],
  ...['application/json; x="charset=latin1"', "application/json; xcharset=latin1"],
  // One charset twice is no conflict.
  ...["application/json; charset=utf-8; charset=UTF8", 'application/json; charset=""'],
  ...[
    "application/json; a",
    "application/json; =",
    "application/json; =x",
    'application/json; x="',
  ],
]

const bad = [
  ...["", " ", ";", "json", "/json", "application/", "application", "*/*", "application/*"],
  ...["text/plain", "text/plain; application/json", "text/plain;application/json;charset=utf-8"],
  ...["text/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"],
  ...["application/jsonp", "application/json+x", "application/problem+json", "application/json5"],
  ...["application/x-json", "application/ld+json; charset=utf-8", "xapplication/json"],
  ...[" application/json", "application /json", "application/ json", "application/json x"],
  ...["application/json, text/plain", "text/plain, application/json", '"application/json"'],
  ...["application/json,", "application/json\u00a0", "application/json\0", "application/jſon"],
  ...["application/json; charset=utf-16", "application/json; charset=latin1"],
  ...["application/json; charset='utf-8'", 'application/json; charset="utf-16"'],
  ...["application/json; charset=iso-8859-1", "application/json; charset=us-ascii"],
  ...["application/json; CHARSET=utf-16", "application/json; charset =utf-16"],
  ...["application/json; charset=utf-8; charset=utf-16", "application/json;;charset=utf-7"],
  ...["application/json; charset=utf-16; charset=utf-8", 'application/json; charset="utf-8'],
  ...["application/json; x=1; charset=latin1", 'application/json; x="a"; charset=latin1'],
  ...["application/json; charset=utf-8, text/plain", "application/json; charset=utf 8"],
]

for (const type of good) {
  test(`isJsonType() of '${type}' is true`, () => assert.equal(isJsonType(type), true))
}

for (const type of bad) {
  test(`isJsonType() of '${type}' is false`, () => assert.equal(isJsonType(type), false))
}

test("isJsonType() takes time in proportion to the text, whatever it is", () => {
  for (const part of [';x="', ';x="\\', ';charset="\\"', ";", ";x=\\", '";']) {
    const type = `application/json${part.repeat(400_000 / part.length)}`
    const millis = cpuMillis(() => isJsonType(type))
    assert.ok(millis < 1000, `${part}: ${millis} ms`)
  }
})
