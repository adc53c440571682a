// Changes of a store's files by hand, for tests of what a start makes of them.

import assert from "node:assert/strict"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { crc32 } from "node:zlib"
import { sumText } from "../../../src/store/json/checksum.ts"

/** Makes another text, or bytes, of a file's text. */
export type Edit = (text: string) => string | Buffer

/** A store.json with the sum that its text has. */
export function summedAnew(text: string): string {
  const body = text.replace(/,"sum":"\w+"\}\n$/, "")
  return `${body}${sumText(crc32(body))}\n`
}

/** Replaces a text that must be there, once. */
export function replaced(text: string, other: string): Edit {
  return (whole) => {
    assert.ok(whole.includes(text), text)
    return whole.replace(text, () => other)
  }
}

/** Edits a file of a directory. The edit must change it. */
export function change(directory: string, name: string, edit: Edit): void {
  const path = join(directory, name)
  const before = readFileSync(path, "utf8")
  const after = edit(before)
  assert.notEqual(after.toString(), before)
  writeFileSync(path, after)
}
