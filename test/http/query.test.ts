// Queries: which values are read, and how they are written.

import assert from "node:assert/strict"
import { test } from "node:test"
import { queryValue, readQuery } from "../../src/http/query.ts"

test("readQuery() gives the values by name; missing, malformed and doubled ones are empty", () => {
  const rows: readonly (readonly [query: string, to: string, st: string])[] = [
    ["to=a&st=b", "a", "b"],
    ["st=b&x=1&to=a", "a", "b"],
    ["", "", ""],
    ["to", "", ""],
    ["to=a+b%20c%2B", "a+b c+", ""],
    ["to=https://a/?x=1%26y=2", "https://a/?x=1&y=2", ""],
    ["to=a&to=a&st=b", "", "b"],
    ["to=%&st=%zz", "", ""],
    ["to=%FF&st=%C3%A4", "", "ä"],
    ["t%6F=a&TO=b", "", ""],
    ["&&to=a&", "a", ""],
  ]
  for (const [query, to, st] of rows)
    assert.deepEqual(readQuery({ query }, ["to", "st"]), { to, st })
})

test("queryValue() writes a value that readQuery() reads, in few characters", () => {
  const texts = ["https://a.example/b?c=d&e=f;g,h:i@j$k", "a+b c%20#&=", "ä😀", "\r\n\0", ""]
  for (const text of texts) {
    const query = `to=${queryValue(text)}`
    assert.equal(readQuery({ query }, ["to"]).to, text)
    assert.match(query, /^[\x21-\x7e]*$/)
  }
  assert.equal(queryValue("https://a.example/b?c=d"), "https://a.example/b?c=d")
})
