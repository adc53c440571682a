// Surroundings of a command whose input is written by a test.

import { PassThrough, Readable } from "node:stream"
import type { Terminal } from "../../src/cli/terminal.ts"

/** A terminal and what was written to it. */
export interface FakeTerminal extends Terminal {
  /** What was printed. */
  readonly stdout: () => string
  /** Questions, warnings and mistakes. */
  readonly stderr: () => string
}

/** Makes a terminal with an environment and an input, without which there is nothing to read. */
export function createFakeTerminal(
  environment: Record<string, string | undefined> = {},
  input: Terminal["input"] = pipedInput(""),
): FakeTerminal {
  let printed = ""
  let errorText = ""
  return {
    environment,
    program: "postern",
    isColored: false,
    showsProgress: false,
    input,
    unreadBytes: () => 0,
    settle: async () => null,
    print(text) {
      printed += text
    },
    printError(text) {
      errorText += text
    },
    stdout: () => printed,
    stderr: () => errorText,
  }
}

/** Input from a pipe, in chunks. */
export function pipedInput(...chunks: readonly (string | Uint8Array)[]): NodeJS.ReadableStream {
  return Readable.from(chunks.map((chunk) => Buffer.from(chunk)))
}

/** A keyboard, and how its terminal was switched. */
export interface FakeKeyboard {
  readonly input: NodeJS.ReadStream
  /** Types text, as one chunk. */
  type(text: string): Promise<void>
  /** Each switch of the raw mode, in order. */
  readonly rawModes: boolean[]
}

/** Makes a keyboard. */
export function createFakeKeyboard(): FakeKeyboard {
  const stream = new PassThrough()
  const rawModes: boolean[] = []
  const setRawMode = (raw: boolean) => rawModes.push(raw)
  return {
    input: Object.assign(stream, { isTTY: true, setRawMode }) as unknown as NodeJS.ReadStream,
    rawModes,
    type: (text) => new Promise((resolve) => stream.write(text, () => setImmediate(resolve))),
  }
}
