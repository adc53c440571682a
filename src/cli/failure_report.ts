// Reports why a command failed: a message, a hint and an exit code. Messages are printed only here,
// so text that they quote from settings, paths and arguments is escaped here.

import { styleText } from "node:util"
import { type ExitCode, exitCodes, OperatorError, Unavailable } from "../errors.ts"
import { fileExitCode, fileHint, isFileError } from "../system/failure.ts"
import { errorText, printable } from "../telemetry/log.ts"
import { brokenInstall } from "./broken_install.ts"
import type { Terminal } from "./terminal.ts"

/** Prints an error, and gives the exit code. */
export function reportFailure(error: unknown, terminal: Terminal): ExitCode {
  const mistake = mistakeOf(error)
  if (mistake === null) {
    const text = errorText(error).split("\n").map(printable).join("\n")
    terminal.printError(`${label("postern:", "red", terminal)} this is a bug: ${text}\n`)
    return exitCodes.refused
  }
  const lines = calledAs(terminal.program, mistake.lines.map(printable).join("\n"))
  const hint = calledAs(terminal.program, printable(mistake.hint))
  terminal.printError(
    `${label("postern:", "red", terminal)} ${lines}\n${label("hint:", "cyan", terminal)} ${hint}\n`,
  )
  return mistake.exitCode
}

/** The text with `postern` replaced by the program's name, such as `npm run postern --`. */
export function calledAs(program: string, text: string): string {
  return text.replace(/(^|`|Usage: )postern (?=[a-z-]+)/gm, (_, before) => `${before}${program} `)
}

function label(text: string, color: "red" | "cyan", { isColored }: Terminal): string {
  // Whether colours are wanted is decided already.
  return isColored ? styleText(color, text, { validateStream: false }) : text
}

/** What the operator can mend, or null for a bug. */
function mistakeOf(error: unknown): OperatorError | null {
  if (error instanceof OperatorError) return error
  if (error instanceof Unavailable) {
    const cause = error.cause instanceof Error ? error.cause : error
    return atPath(cause, "POSTERN_DATA_DIR", exitCodes.unavailable)
  }
  if (isFileError(error)) {
    const exitCode = fileExitCode(error, exitCodes.refused)
    return atPath(error, "the setting that names it", exitCode)
  }
  return brokenInstall(error)
}

function atPath(cause: Error, setting: string, exitCode: ExitCode): OperatorError {
  return new OperatorError(cause.message, { hint: fileHint(cause, setting), exitCode, cause })
}
