// Runs `postern user import` and `user export` in the process of the test.

import { writeFileSync } from "node:fs"
import { join } from "node:path"
import type { TestContext } from "node:test"
import { runCommandLine } from "../../src/cli/command_line.ts"
import { createFakeTerminal, type FakeTerminal, pipedInput } from "./fake_terminal.ts"
import { setUp } from "./set_up.ts"
import { temporaryDirectory } from "./temporary_directory.ts"

/** What a command did. */
export interface Ran {
  readonly exitCode: number
  /** Without the line that says where it was written. */
  readonly stdout: string
  readonly stderr: string
}

/** A deployment, and what is typed there. */
export interface ImportPlace {
  readonly directory: string
  /** Writes a file and imports it. */
  readonly importFile: (content: string | Uint8Array, ...options: readonly string[]) => Promise<Ran>
  /** Runs `postern user …`. */
  readonly run: (words: readonly string[], input?: string | Uint8Array) => Promise<Ran>
}

/** Makes a deployment, or uses the one in a directory. */
export async function createImportPlace(
  t: TestContext,
  directory: string | null = null,
): Promise<ImportPlace> {
  const own = directory ?? (await setUp(join(temporaryDirectory(t), "data")))
  const run = (words: readonly string[], input: string | Uint8Array = "") =>
    ran(createFakeTerminal({ POSTERN_DATA_DIR: own }, pipedInput(input)), words)
  return {
    directory: own,
    run,
    importFile(content, ...options) {
      const path = join(temporaryDirectory(t), "users")
      writeFileSync(path, content)
      return run(["import", path, ...options])
    },
  }
}

/** Runs `postern user …` at a terminal. */
export async function ran(terminal: FakeTerminal, words: readonly string[]): Promise<Ran> {
  const exitCode = await runCommandLine(["user", ...words], terminal)
  const stdout = terminal.stdout().replace(/^Written to '.*', since no service runs there\.\n/m, "")
  return { exitCode, stdout, stderr: terminal.stderr() }
}

/** JSON Lines of some users. */
export function jsonLines(users: readonly object[]): string {
  return users.map((user) => `${JSON.stringify(user)}\n`).join("")
}
