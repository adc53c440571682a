// For tests about the length of paths: a place from which no relative path is a short one.

import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import type { TestContext } from "node:test"

const depth = 30

/** Makes a directory of a short path, and works, until the test ends, far away from it. */
export function shortDirectoryFarAway(t: TestContext): string {
  const directory = mkdtempSync("/tmp/postern-test-")
  const far = join(directory, "far", ...Array.from({ length: depth }, () => "a"))
  mkdirSync(far, { recursive: true })
  const before = process.cwd()
  process.chdir(far)
  t.after(() => {
    process.chdir(before)
    rmSync(directory, { recursive: true, force: true })
  })
  const inner = join(directory, "t")
  mkdirSync(inner, { mode: 0o700 })
  return inner
}
