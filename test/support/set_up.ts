// A deployment made as an operator does before the first start.

import assert from "node:assert/strict"
import { runInit } from "../../src/cli/init.ts"
import { createFakeTerminal } from "./fake_terminal.ts"

/** Sets up a data directory, and gives its path. */
export async function setUp(
  directory: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const terminal = createFakeTerminal({ POSTERN_DATA_DIR: directory, ...environment })
  assert.equal(await runInit(terminal), 0)
  assert.equal(terminal.stdout(), `Set up '${directory}'. Add a user: postern user add NAME\n`)
  return directory
}

/** What a command printed, without the line that says where it was done while no service runs. */
export function withoutPlace(printed: string, directory: string): string {
  return printed.replace(`Written to '${directory}', since no service runs there.\n`, "")
}
