// A file that grows while it is read, is moved away, is cut, and comes late.

import assert from "node:assert/strict"
import {
  appendFileSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { machineDisk } from "../../src/system/disk.ts"
import { followFile } from "../../src/system/followed_file.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

/** Follows a file, and does a step at each pause; after the last one it stops. */
async function follow(path: string, from: number, steps: readonly (() => void)[]): Promise<string> {
  const left = [...steps]
  const pause = async () => {
    const step = left.shift()
    step?.()
    return step !== undefined
  }
  const all: Buffer[] = []
  for await (const chunk of followFile(path, { disk: machineDisk, from, pause })) all.push(chunk)
  return Buffer.concat(all).toString()
}

function fileOf(t: TestContext, text: string): string {
  const path = join(temporaryDirectory(t), "audit.jsonl")
  writeFileSync(path, text)
  return path
}

test("followFile() gives what is there from a position on, and what is added", async (t) => {
  const path = fileOf(t, "abc")
  const steps = [() => appendFileSync(path, "d"), () => {}, () => appendFileSync(path, "ef")]
  assert.equal(await follow(path, 1, steps), "bcdef")
  assert.equal(await follow(path, 0, []), "abcdef")
})

test("followFile() reads a large file in pieces", async (t) => {
  const text = "x".repeat(300_000)
  assert.equal(await follow(fileOf(t, text), 0, []), text)
})

test("followFile() goes on with the next file, and leaves nothing of the old one out", async (t) => {
  const path = fileOf(t, "a")
  const steps = [
    () => {
      appendFileSync(path, "b")
      renameSync(path, `${path}.1`)
      appendFileSync(`${path}.1`, "c")
    },
    () => writeFileSync(path, "d"),
    () => appendFileSync(path, "e"),
  ]
  assert.equal(await follow(path, 0, steps), "abcde")
})

test("followFile() starts from the beginning of a file that was cut", async (t) => {
  const path = fileOf(t, "abc")
  const steps = [() => truncateSync(path, 0), () => appendFileSync(path, "d")]
  assert.equal(await follow(path, 0, steps), "abcd")
})

test("followFile() waits for a file that is not there", async (t) => {
  const path = fileOf(t, "abc")
  rmSync(path)
  const steps = [() => {}, () => writeFileSync(path, "d"), () => rmSync(path), () => {}]
  assert.equal(await follow(path, 0, steps), "d")
})

test("followFile() closes its file, also when its reader leaves", async (t) => {
  const path = fileOf(t, "abc")
  const before = readdirSync("/proc/self/fd").length
  await follow(path, 0, [])
  const pause = async () => true
  for await (const _ of followFile(path, { disk: machineDisk, from: 0, pause })) break
  assert.equal(readdirSync("/proc/self/fd").length, before)
})
