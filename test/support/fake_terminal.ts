// Surroundings of a command whose input is written by a test.

import { PassThrough, Readable } from "node:stream"
import type { Terminal } from "../../src/cli/terminal.ts"

/** A terminal and what was written to it. */
export interface FakeTerminal extends Terminal {
  /** What was printed, as text. */
  readonly stdout: () => string
  readonly printedBytes: () => Buffer
  /** Questions, warnings and mistakes. */
  readonly stderr: () => string
}

/** Makes a terminal with an environment and an input, without which there is nothing to read. */
export function createFakeTerminal(
  environment: Record<string, string | undefined> = {},
  input: Terminal["input"] = pipedInput(""),
  { printsToTerminal = false }: { readonly printsToTerminal?: boolean } = {},
): FakeTerminal {
  const printed: Buffer[] = []
  let errorText = ""
  return {
    environment,
    program: "postern",
    isColored: false,
    showsProgress: false,
    input,
    unreadBytes: () => 0,
    flush: async () => {},
    settle: async () => null,
    printsToTerminal,
    print(text) {
      printed.push(Buffer.from(text as string))
    },
    printError(text) {
      errorText += text
    },
    stdout: () => Buffer.concat(printed).toString(),
    printedBytes: () => Buffer.concat(printed),
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
