import assert from "node:assert/strict"
import { test } from "node:test"
import { inColumns } from "../../src/cli/columns.ts"

test("inColumns() makes each column as wide as its widest cell", () => {
  const rows = [
    ["NAME", "A", "B"],
    ["x", "longer", "-"],
    ["much longer", "", "yes"],
  ]
  assert.equal(
    inColumns(rows),
    "NAME         A       B\nx            longer  -\nmuch longer          yes\n",
  )
})

test("inColumns() leaves no blanks at the end of a line", () => {
  assert.equal(
    inColumns([
      ["A", "B"],
      ["longer", ""],
    ]),
    "A       B\nlonger\n",
  )
})

test("inColumns() of a heading is one line", () => {
  assert.equal(inColumns([["A", "B"]]), "A  B\n")
})
