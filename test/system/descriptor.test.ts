// Writing to a file that is open already, such as a standard output.

import assert from "node:assert/strict"
import { closeSync, openSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { systemCode } from "../../src/errors.ts"
import { openFileWriter } from "../../src/system/descriptor.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

test("openFileWriter() writes after what is there, and gives how many bytes were taken", (t) => {
  const path = join(temporaryDirectory(t), "log")
  const descriptor = openSync(path, "a")
  t.after(() => closeSync(descriptor))
  const write = openFileWriter(descriptor)
  assert.deepEqual(write?.(Buffer.from("one\n")), { taken: 4, error: null })
  assert.deepEqual(write?.(Buffer.from("gr\u00fc\u00dfe\n")), { taken: 8, error: null })
  assert.deepEqual(write?.(Buffer.alloc(0)), { taken: 0, error: null })
  assert.equal(readFileSync(path, "utf8"), "one\ngr\u00fc\u00dfe\n")
})

test("openFileWriter() gives the error of a file that takes nothing", (t) => {
  const path = join(temporaryDirectory(t), "log")
  closeSync(openSync(path, "w"))
  const descriptor = openSync(path, "r")
  t.after(() => closeSync(descriptor))
  const written = openFileWriter(descriptor)?.(Buffer.from("one\n"))
  assert.deepEqual([written?.taken, systemCode(written?.error)], [0, "EBADF"])
})

test("openFileWriter() gives null for a descriptor that is closed or no file", () => {
  const descriptor = openSync("/dev/null", "w")
  assert.equal(openFileWriter(descriptor), null)
  closeSync(descriptor)
  assert.equal(openFileWriter(descriptor), null)
})
