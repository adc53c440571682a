// Cells of CSV: what is read, and what a spreadsheet would run.

import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { readCells, writeCells } from "../../../src/cli/import/csv.ts"

/** Lines, and their cells; null where a quote has no other one. */
const rows: readonly (readonly [line: string, cells: readonly string[] | null])[] = [
  ["", [""]],
  ["a", ["a"]],
  ["a,b,", ["a", "b", ""]],
  [",", ["", ""]],
  ['"a","b"', ["a", "b"]],
  ['"a,b",c', ["a,b", "c"]],
  ['"a ""b""",c', ['a "b"', "c"]],
  ['""', [""]],
  ['"""",a', ['"', "a"]],
  ['"a', null],
  ['a"b', null],
  ['"a"b', null],
  ['"a""', null],
  ['a,"', null],
  [" a , b ", [" a ", " b "]],
  ["'=1+1,'@x,'+,''a,'-,'a", ["=1+1", "@x", "+", "'a", "-", "'a"]],
]

for (const [line, cells] of rows) {
  test(`readCells() of ${JSON.stringify(line)}`, () => {
    assert.deepEqual(readCells(line), cells)
  })
}

test("writeCells() writes no cell that a spreadsheet takes for a formula", () => {
  const names = ["=1+1", "+1", "-1", "@sum", "'tis", "a=b", ""]
  const line = writeCells(names)
  assert.equal(line, "'=1+1,'+1,'-1,'@sum,''tis,a=b,")
  assert.deepEqual(readCells(line), names)
})

test("readCells() reads what writeCells() wrote", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" }), { minLength: 1 }), (cells) => {
      assert.deepEqual(readCells(writeCells(cells)), cells)
    }),
  )
})

test("readCells() takes linear time for hostile lines", () => {
  for (const part of ['"', '""', '",', ",", '"a""', "'"]) {
    const line = part.repeat(65_536 / part.length)
    const start = performance.now()
    readCells(line)
    assert.ok(performance.now() - start < 1000, part)
  }
})
