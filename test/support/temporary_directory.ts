// Directories that are gone after the test.

import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { TestContext } from "node:test"

/** Makes a directory of mode 0700 that is removed when the test ends. */
export function temporaryDirectory(t: Pick<TestContext, "after">): string {
  const directory = mkdtempSync(join(tmpdir(), "postern-test-"))
  // A program that was ended may still be writing.
  t.after(() => rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }))
  return directory
}
