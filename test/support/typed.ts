// Commands as they are typed, in the process of the test.

import { runCommandLine } from "../../src/cli/command_line.ts"
import { exitCodes } from "../../src/errors.ts"
import type { FakeTerminal } from "./fake_terminal.ts"

/** What a command that failed said, and how it exited. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure"
  readonly hint: string
  readonly exitCode: number

  constructor(stderr: string, exitCode: number) {
    const [, message = stderr, hint = ""] = /^postern: ([\s\S]*)\nhint: (.*)\n$/.exec(stderr) ?? []
    super(message)
    this.hint = hint
    this.exitCode = exitCode
  }
}

/**
 * Runs a command.
 * @throws CommandFailure when it does not exit 0
 */
export async function runTyped(words: readonly string[], terminal: FakeTerminal): Promise<void> {
  const exitCode = await runCommandLine(words, terminal)
  if (exitCode !== exitCodes.done) throw new CommandFailure(terminal.stderr(), exitCode)
}
