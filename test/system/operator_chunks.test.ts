// Files of any size, in chunks.

import assert from "node:assert/strict"
import { symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { readOperatorChunks } from "../../src/system/operator_chunks.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

async function read(path: string): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of readOperatorChunks(path)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

test("readOperatorChunks() gives all bytes of a file, also by a link", async (t) => {
  const directory = temporaryDirectory(t)
  for (const size of [0, 1, 262_144, 1_000_000]) {
    const bytes = Buffer.from(Array.from({ length: size }, (_, at) => at % 251))
    const path = join(directory, `f${size}`)
    writeFileSync(path, bytes)
    assert.deepEqual(await read(path), bytes)
    symlinkSync(path, `${path}.link`)
    assert.deepEqual(await read(`${path}.link`), bytes)
  }
})

test("readOperatorChunks() says why a file can't be read", async () => {
  const failure = (path: string, code: string) => ({
    name: "OperatorError",
    message: `The file '${path}' can't be read (${code})`,
    exitCode: 1,
  })
  await assert.rejects(read("/nowhere/at/all"), failure("/nowhere/at/all", "ENOENT"))
  await assert.rejects(read("/"), failure("/", "EISDIR"))
})
