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

test("inColumns() makes no column wider than 64 for one long cell", () => {
  const long = "x".repeat(65)
  const rows = [
    ["A", "B"],
    [long, "y"],
    ["a", "b"],
  ]
  assert.equal(inColumns(rows), `A${" ".repeat(65)}B\n${long}  y\na${" ".repeat(65)}b\n`)
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

test("inColumns() escapes what a terminal would take for a command", () => {
  const rows = [
    ["A", "B"],
    ["x\u009b2J\n", "y"],
  ]
  assert.equal(inColumns(rows), "A                B\nx\\u009b2J\\u000a  y\n")
})

test("inColumns() takes as many rows as there are", () => {
  const rows = Array.from({ length: 300_000 }, (_, index) => [`user${index}`, "-"])
  const lines = inColumns(rows).split("\n")
  assert.equal(lines.length, 300_001)
  assert.equal(lines[299_999], "user299999  -")
})
