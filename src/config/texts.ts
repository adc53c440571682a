// Finds the text of a setting: in the environment, or for some settings in a file. operator_text.ts
// checks both.

import { OperatorError, systemCode } from "../errors.ts"
import { fileHint } from "../system/failure.ts"
import { readOperatorText } from "./operator_text.ts"
import { mayBeFile, type Setting } from "./setting.ts"
import { secretNames } from "./settings.ts"
import { SettingMistake } from "./values.ts"

/** Variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Reads the file of a `…_FILE` setting. Throws the system's error or an OperatorError. */
export type ReadFile = (path: string) => Uint8Array

/**
 * The text of a setting, from the environment or from the file that `NAME_FILE` names. Null without
 * either.
 * @throws SettingMistake when both are set, the file can't be read, or its bytes are not text
 */
export function readSettingText(
  setting: Setting,
  environment: Environment,
  readFile: ReadFile,
): string | null {
  const { name, mayHold } = setting
  // An empty value counts as absent, since compose files can't leave a variable out.
  const direct = textOf(environment[name] ?? "", { what: "It", mayHold }) || null
  const fileName = `${name}_FILE`
  const file = mayBeFile(setting) ? environment[fileName] : undefined
  const path = textOf(file ?? "", { what: fileName }) || null
  if (path === null) return direct
  if (direct !== null) throw new SettingMistake(`${fileName} is set too`, "Set one of the two")
  const what = `The file '${path}' that ${fileName} names`
  let bytes: Uint8Array
  try {
    bytes = readFile(path)
  } catch (error) {
    if (error instanceof OperatorError) {
      throw new SettingMistake(`${what} can't be used: ${error.message}`, error.hint)
    }
    const problem = `${what} can't be read (${systemCode(error)})`
    throw new SettingMistake(problem, fileHint(error, fileName))
  }
  return textOf(bytes, { what, mayHold })
}

function textOf(
  given: string | Uint8Array,
  { what, mayHold = "" }: { readonly what: string; readonly mayHold?: string | undefined },
): string {
  const reading = readOperatorText(given, mayHold)
  if ("text" in reading) return reading.text
  const hint = mayHold === "" ? "It takes one line of text in UTF-8" : "It takes text in UTF-8"
  throw new SettingMistake(`${what} can't be used: ${reading.mistake}`, hint)
}

const pathLike = /^(?:(?:~|\.\.?)?\/|[a-z]:[\\/]|file:\/\/).+$|^[^\s{]+\.(?:key|pem|jwk|json|txt)$/i

/** The hint for a mistaken secret that looks like the path of a file. */
export function hintAtFile(name: string, environment: Environment): string {
  const isPath = secretNames.includes(name) && pathLike.test(environment[name]?.trim() ?? "")
  return isPath ? `If that is a path, set ${name}_FILE to it. ` : ""
}
