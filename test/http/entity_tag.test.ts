// If-Match as a client may write it, and what is no list of tags.

import assert from "node:assert/strict"
import { test } from "node:test"
import { isKnown, readIfMatch, tagOf } from "../../src/http/entity_tag.ts"
import { makeRequest } from "../support/http_request.ts"
import { refusedAs } from "../support/refusal.ts"

function versionsIn(header: string): readonly string[] | undefined {
  return readIfMatch(makeRequest({ headers: { "if-match": header } }))
}

const lists: readonly (readonly [header: string, versions: readonly string[] | undefined])[] = [
  ["*", undefined],
  [" * ", undefined],
  ['"a"', ["a"]],
  ['""', [""]],
  ['"a","b"', ["a", "b"]],
  ['  "a"  ,\t"b"  ', ["a", "b"]],
  [', ,"a",,"b",', ["a", "b"]],
  ['"a,b", "c"', ["a,b", "c"]],
  ['W/"a"', []],
  ['W/"a", "b"', ["b"]],
  ['"W/"', ["W/"]],
  ['"*"', ["*"]],
  ['"\u00e9!#~"', ["\u00e9!#~"]],
]

for (const [header, versions] of lists) {
  test(`readIfMatch() reads ${JSON.stringify(header)}`, () => {
    assert.deepEqual(versionsIn(header), versions)
  })
}

const malformed = [
  ...["", " ", ",", ",,", "a", '"a', 'a"', '"a" "b"', '"a"b', '*, "a"', '"a", *', "**", 'w/"a"'],
  ...['W/ "a"', "W/a", "W/", '"a b"', '"\u0001"', '"a\u007f"', "'a'", '"a";x', '"a"\n"b"'],
]

for (const header of malformed) {
  test(`readIfMatch() refuses ${JSON.stringify(header)}`, () => {
    const message = 'If-Match must be *, or tags such as "abc"'
    assert.throws(() => versionsIn(header), refusedAs("invalid_request", message))
  })
}

test("readIfMatch() asks for the header where it is missing", () => {
  const message = "This change needs If-Match with the ETag of what you have read"
  assert.throws(() => readIfMatch(makeRequest({})), refusedAs("precondition_required", message))
})

test("readIfMatch() reads 16 KiB of anything in linear time", () => {
  const blanks = " ".repeat(16_000)
  for (const header of [`,${blanks}x`, `"a"${blanks}x`, `${",".repeat(16_000)}x`, `${blanks}"`]) {
    assert.throws(() => versionsIn(header))
  }
  assert.equal(versionsIn('"a",'.repeat(4000))?.length, 4000)
})

test("isKnown() compares weakly, in a list or with a star", () => {
  const isKnownBy = (header: string) =>
    isKnown(makeRequest({ headers: { "if-none-match": header } }), tagOf("a"))
  for (const header of ['"a"', 'W/"a"', '"b", "a"', "*"]) assert.equal(isKnownBy(header), true)
  for (const header of ["a", '"b"', '"A"', ""]) assert.equal(isKnownBy(header), false)
  assert.equal(isKnown(makeRequest({}), tagOf("a")), false)
})
