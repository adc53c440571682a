// Who wrote a file, by the format and the version that it names.

import assert from "node:assert/strict"
import { test } from "node:test"
import { findOtherWriter, readFormat } from "../../src/system/file_version.ts"

const own = { format: "postern-things", version: 2, unreleased: "postern-stuff" }

test("findOtherWriter() gives null for the expected version, impossible versions and other formats", () => {
  for (const found of [
    { format: "postern-things", version: 2 },
    { format: "postern-things", version: "3" },
    { format: "postern-things", version: 2.5 },
    { format: "postern-things", version: -1 },
    { format: "postern-other", version: 9 },
    { format: undefined, version: 9 },
  ]) {
    assert.equal(findOtherWriter(found, own), null)
    assert.equal(findOtherWriter(found, { format: "postern-things", version: 2 }), null)
  }
})

test("findOtherWriter() distinguishes a newer version from one that was never released", () => {
  assert.deepEqual(findOtherWriter({ format: "postern-things", version: 12 }, own), {
    writer: "newer",
    why: "its version is 12, and this Postern reads version 2",
  })
  for (const [format, version] of [
    ["postern-things", 1],
    ["postern-stuff", 4],
  ] as const) {
    assert.deepEqual(findOtherWriter({ format, version }, own), {
      writer: "unreleased",
      why: `it has version ${version} of the format '${format}', which was never released`,
    })
  }
})

test("readFormat() reads the beginning of a line, and no other place", () => {
  const found = { format: "postern-things", version: 7 }
  assert.deepEqual(readFormat('{"format":"postern-things","version":7,"after":1}'), found)
  assert.deepEqual(readFormat('{"format":"postern-things","version":7}'), found)
  const nothing = { format: undefined, version: Number.NaN }
  for (const line of ["", "{}", ' {"format":"postern-things","version":7}', "\ufeff{}"]) {
    assert.deepEqual(readFormat(line), nothing)
  }
})
