// Help: of everything, of one command, of the settings. Made from the tables of commands and
// settings, and checked against docs/ by the tests.

import { mayBeFile, type Setting } from "../config/setting.ts"
import { programVersion } from "../system/program_version.ts"
import type { CommandRow } from "./command_row.ts"
import { commandRows } from "./commands.ts"
import { settingOptions } from "./settings_options.ts"

/** What `postern --version` prints. */
export const versionText = `postern ${programVersion}\n`

/** The words to choose a command and its arguments: `user add NAME`. */
export function usageOf({ name, takes }: CommandRow): string {
  return [name, ...takes].join(" ")
}

/** Help for everything. */
export function helpText(): string {
  return `Postern ${programVersion}: a standalone JWT login service.

Usage: postern COMMAND [ARGUMENTS] [OPTIONS]

${listOf(commandRows)}
postern help COMMAND   says more about one command, such as \`postern help user add\`.
postern help settings  lists the settings: environment variables, and options.
postern --version      prints the version.

Exit codes: 0 done, 1 refused or failed, 2 wrong arguments, 65 damaged data, 69 unavailable,
75 data directory in use, 78 mistaken settings.
`
}

/** Help for the commands that begin with the same words. */
export function helpOfGroup(words: string): string {
  return `Usage: postern ${words} COMMAND\n\n${listOf(commandsIn(words))}`
}

/** The commands that begin with these words. */
export function commandsIn(words: string): readonly CommandRow[] {
  return commandRows.filter(({ name }) => name.startsWith(`${words} `))
}

/** Help for one command. */
export function helpOfCommand(row: CommandRow): string {
  const { help, notes, shownSettings, options: own = [] } = row
  const shown = settingOptions.filter(
    ([, { name }]) => shownSettings === "all" || shownSettings.includes(name),
  )
  const options = [
    ...own.map(({ name, short, takes, help }) => {
      const letter = short === undefined ? "" : `-${short}, `
      return `  ${letter}--${name}${takes === undefined ? "" : ` ${takes}`}\n      ${help}\n`
    }),
    ...shown.map(([option, setting]) => optionText(option, setting)),
    "  -h, --help\n      Print this help.\n",
  ]
  const more = shownSettings === "all" || shownSettings.length === 0
  return `Usage: postern ${usageOf(row)} [OPTIONS]

${help}
${notes === undefined ? "" : `${notes}`}
Options
${options.join("")}${more ? "" : "\n`postern help settings` lists all settings. Each is an option too.\n"}`
}

/** The settings, as variables and as options. */
export function settingsText(): string {
  const rows = settingOptions.map(([option, setting]) => optionText(option, setting))
  return `A setting is an environment variable or an option. The option wins.

${rows.join("")}`
}

function optionText(option: string, setting: Setting): string {
  const { name, help, fallback, shownDefault } = setting
  const isFile = mayBeFile(setting)
  const value = isFile ? "PATH" : "VALUE"
  const variable = isFile ? `${name}, or ${name}_FILE` : name
  const standard = shownDefault ?? fallback
  const note = standard === null ? "" : `; default: ${standard}`
  return `  --${option} ${value}  (${variable}${note})\n      ${help}\n`
}

function listOf(rows: readonly CommandRow[]): string {
  const width = Math.max(...commandRows.map((row) => usageOf(row).length))
  return rows.map((row) => `  ${usageOf(row).padEnd(width)}  ${row.help}\n`).join("")
}
