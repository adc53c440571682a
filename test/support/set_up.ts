// A deployment made as an operator does before the first start.

import assert from "node:assert/strict"
import { createFakeTerminal } from "./fake_terminal.ts"
import { runTyped } from "./typed.ts"

/** Sets up a data directory, and gives its path. */
export async function setUp(
  directory: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const terminal = createFakeTerminal({ POSTERN_DATA_DIR: directory, ...environment })
  await runTyped(["init"], terminal)
  assert.equal(terminal.stdout(), `Set up '${directory}'. \`postern user add NAME\` adds a user.\n`)
  return directory
}

/** What a command printed, without the line that says where it was done while no service runs. */
export function withoutPlace(printed: string, directory: string): string {
  return printed.replace(`Written to '${directory}', since no service runs there.\n`, "")
}
