// Asks for a new password: twice and without echo on a terminal, else one line of standard input.
// Never from an argument, which other users of the machine can see.

import { isUtf8 } from "node:buffer"
import { exitCodes, OperatorError } from "../errors.ts"
import type { Terminal } from "./terminal.ts"

const inputBytesMax = 8192
const enter = ["\r", "\n"]
const endOfInput = "\u0004"
const interrupt = "\u0003"
const erase = ["\u0008", "\u007f"]
const eraseLine = "\u0015"

/**
 * Reads a password for a user.
 * @throws OperatorError when none was given, or two that differ
 */
export async function askPassword(username: string, terminal: Terminal): Promise<string> {
  const { input } = terminal
  if (!("setRawMode" in input) || !input.isTTY) return readPiped(input)
  const password = await readHidden(input, `New password for '${username}': `, terminal)
  const repeated = await readHidden(input, "Once more: ", terminal)
  if (password === repeated) return requireText(password)
  throw new OperatorError("The two passwords differ", {
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
    if (length > inputBytesMax) break
  }
  const bytes = Buffer.concat(chunks)
  const line = bytes.toString().replace(/\r?\n$/, "")
  // Of what can't be typed at a login, nobody should make a password without noticing.
  if (length <= inputBytesMax && isUtf8(bytes) && !/[\r\n]/.test(line)) return requireText(line)
  throw new OperatorError("The input is not one line of text", {
    hint: `Pipe the password and nothing else: UTF-8, at most ${inputBytesMax} bytes.`,
    exitCode: exitCodes.usage,
  })
}

function requireText(password: string): string {
  if (password !== "") return password
  throw new OperatorError("No password was given", {
    hint: "Type one at a terminal, or pipe one line into the command.",
    exitCode: exitCodes.usage,
  })
}

function readHidden(
  input: NodeJS.ReadStream,
  question: string,
  terminal: Terminal,
): Promise<string> {
  terminal.complain(question)
  return new Promise((resolve, reject) => {
    let characters: string[] = []
    input.setEncoding("utf8")
    input.setRawMode(true)
    input.on("data", take)
    input.resume()

    function take(chunk: string | Buffer): void {
      for (const character of String(chunk)) {
        if (enter.includes(character) || character === endOfInput || character === interrupt) {
          finish(character === interrupt ? interrupted() : null)
          return
        }
        if (erase.includes(character)) characters.pop()
        else if (character === eraseLine) characters = []
        else characters.push(character)
      }
    }

    function finish(failure: OperatorError | null): void {
      input.off("data", take)
      input.setRawMode(false)
      input.pause()
      terminal.complain("\n")
      if (failure === null) resolve(characters.join(""))
      else reject(failure)
    }
  })
}

function interrupted(): OperatorError {
  return new OperatorError("Interrupted", {
    hint: "Nothing was changed.",
    exitCode: exitCodes.refused,
  })
}
