// Settings as options: `--port 9000` stands before POSTERN_PORT in the environment. A secret has no
// option, since every user of the machine sees the arguments of a process: its file has one. So has
// the file of a setting of several lines.

import { type Config, loadConfig } from "../config/load.ts"
import { mayBeFile, type Setting } from "../config/setting.ts"
import { settingRows } from "../config/settings.ts"
import { readOperatorFile } from "../system/operator_file.ts"
import type { Call } from "./command_row.ts"
import type { Terminal } from "./terminal.ts"

/** The option of a setting, without its dashes: `port`, `jwt-secret-key-file`. */
function optionOf(setting: Setting): string {
  const words = setting.name
    .replace(/^POSTERN_/, "")
    .toLowerCase()
    .replaceAll("_", "-")
  return mayBeFile(setting) ? `${words}-file` : words
}

/** The options of all settings, in the order of the table. */
export const settingOptions: readonly (readonly [option: string, setting: Setting])[] =
  settingRows.map(([, setting]) => [optionOf(setting), setting])

/**
 * Puts the values of options into the environment, in the place of what is there.
 * @returns by the name of a setting the option that set it
 */
export function applyOptions(
  values: Readonly<Record<string, unknown>>,
  environment: Terminal["environment"],
): ReadonlyMap<string, string> {
  const given = settingOptions.filter(([option]) => typeof values[option] === "string")
  return new Map(
    given.map(([option, setting]) => {
      const { name } = setting
      const isFile = mayBeFile(setting)
      if (isFile) delete environment[name]
      const variable = isFile ? `${name}_FILE` : name
      environment[variable] = String(values[option])
      return [name, `--${option}`]
    }),
  )
}

/**
 * Reads the settings of a command. Without `needsStoreSecret` the secret of a database may be
 * missing.
 * @throws OperatorError that lists every mistake, by the option where an option set the value
 */
export function loadSettings(
  { optionNames }: Call,
  { environment }: Terminal,
  needs: { readonly needsStoreSecret?: boolean } = {},
): Config {
  return loadConfig(environment, readOperatorFile, optionNames, needs)
}
