// A file without a name.

import assert from "node:assert/strict"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { openSpool } from "../../src/system/spool.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

async function partsOf(spool: Awaited<ReturnType<typeof openSpool>>): Promise<readonly string[]> {
  const parts: string[] = []
  for await (const part of spool.read()) parts.push(part.toString())
  return parts
}

test("openSpool() gives the parts that were written, and its file has no name", async (t) => {
  const directory = temporaryDirectory(t)
  const spool = await openSpool(directory)
  t.after(() => spool.close())
  assert.deepEqual(await partsOf(spool), [])
  const parts = ["one", "", "ä\u2028", "x".repeat(1_000_000)]
  for (const part of parts) await spool.write(Buffer.from(part))
  assert.deepEqual(readdirSync(directory), [])
  assert.deepEqual(await partsOf(spool), parts)
  assert.deepEqual(await partsOf(spool), parts)
})

test("openSpool() uses the directory for temporary files where the other is not there", async (t) => {
  const directory = temporaryDirectory(t)
  const before = process.env["TMPDIR"]
  t.after(() => {
    if (before === undefined) delete process.env["TMPDIR"]
    else process.env["TMPDIR"] = before
  })
  process.env["TMPDIR"] = directory
  const spool = await openSpool(join(directory, "missing"))
  await spool.write(Buffer.from("one"))
  assert.deepEqual(await partsOf(spool), ["one"])
  await spool.close()
  process.env["TMPDIR"] = join(directory, "missing")
  await assert.rejects(openSpool(join(directory, "missing")), {
    name: "OperatorError",
    message: "The file for users who were checked can't be written (ENOENT)",
    hint: "The path, or a directory on the way to it, is not there. Check TMPDIR.",
    exitCode: 69,
  })
})
