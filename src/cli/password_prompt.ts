// Asks for a new password: twice and without echo on a terminal, else one line of standard input.
// Never from an argument, which other users of the machine can see.

import { readOperatorText } from "../config/operator_text.ts"
import { quotedName } from "../domain/username.ts"
import { exitCodes, OperatorError } from "../errors.ts"
import { findPasswordFault, passwordCharactersMin } from "../password/policy.ts"
import { createHiddenLine, type LineEnd } from "./hidden_line.ts"
import type { Terminal } from "./terminal.ts"

const inputBytesMax = 8192
const triesMax = 3

/**
 * Reads a new password for a user. At a terminal the policy is checked before the password is asked
 * for again, and a refused one may be replaced.
 * @throws OperatorError when none was given, when none is good enough, or for two that differ
 */
export async function askPassword(username: string, terminal: Terminal): Promise<string> {
  const { input } = terminal
  if (!("setRawMode" in input) || !input.isTTY) return readPiped(input)
  const rule = `at least ${passwordCharactersMin} characters`
  const question = `New password for ${quotedName(username)}, ${rule}: `
  for (let tries = triesMax; ; tries -= 1) {
    const password = requireText(await readHidden(input, question, terminal))
    const refusal = await findPasswordFault({ password, username })
    if (refusal === null) return confirmed(password, input, terminal)
    if (tries === 1) throw nothingChanged(refusal.message)
    terminal.printError(`${refusal.message}. Try another one.\n`)
  }
}

async function confirmed(
  password: string,
  input: NodeJS.ReadStream,
  terminal: Terminal,
): Promise<string> {
  if ((await readHidden(input, "Once more: ", terminal)) === password) return password
  throw nothingChanged("The two passwords differ")
}

function nothingChanged(message: string): OperatorError {
  return new OperatorError(message, {
    hint: "Nothing was changed. Try again.",
    exitCode: exitCodes.refused,
  })
}

async function readPiped(input: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of input) {
    chunks.push(Buffer.from(chunk))
    length += chunk.length
    if (length > inputBytesMax) throw unusable(`it has more than ${inputBytesMax} bytes`)
  }
  return requireText(Buffer.concat(chunks))
}

function requireText(given: string | Uint8Array): string {
  const reading = readOperatorText(given)
  if ("mistake" in reading) throw unusable(reading.mistake)
  if (reading.text !== "") return reading.text
  throw new OperatorError("No password was given", {
    hint: "Type one at a terminal, or pipe one line into the command.",
    exitCode: exitCodes.usage,
  })
}

// A password that can't be typed at a login must not be set by accident.
function unusable(mistake: string): OperatorError {
  return new OperatorError(`The input is not one line of text: ${mistake}`, {
    hint: `Give the password and nothing else: one line in UTF-8, at most ${inputBytesMax} bytes.`,
    exitCode: exitCodes.usage,
  })
}

function readHidden(
  input: NodeJS.ReadStream,
  question: string,
  terminal: Terminal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const line = createHiddenLine()
    input.setEncoding("utf8")
    // Before the question: keys typed at once must not be shown.
    input.setRawMode(true)
    terminal.printError(question)
    input.on("data", take)
    input.on("end", interrupt)
    input.resume()

    function take(chunk: string | Buffer): void {
      const end = line.take(String(chunk))
      if (end !== null) finish(end)
    }

    function interrupt(): void {
      finish("interrupted")
    }

    function finish(end: LineEnd): void {
      input.off("data", take)
      input.off("end", interrupt)
      input.setRawMode(false)
      input.pause()
      terminal.printError("\n")
      if (end === "entered") resolve(line.text())
      else reject(nothingChanged("Interrupted"))
    }
  })
}
