// Chooses the command of a command line, runs it, and gives its exit code once its output is
// written.

import { type ParseArgsConfig, parseArgs } from "node:util"
import { closestName } from "../config/closest_name.ts"
import { type ExitCode, exitCodes, OperatorError, systemCode } from "../errors.ts"
import type { Call, CommandRow } from "./command_row.ts"
import { commandRows } from "./commands.ts"
import { calledAs, reportFailure } from "./failure_report.ts"
import {
  commandsIn,
  helpOfCommand,
  helpOfGroup,
  helpText,
  settingsText,
  usageOf,
  versionText,
} from "./help.ts"
import { applyOptions, settingOptions } from "./settings_options.ts"
import type { Terminal } from "./terminal.ts"

/** For the last log lines of a service: Docker kills after ten seconds. */
const lastLinesMillisMax = 900

/** Runs a command line and gives the exit code. Throws nothing. */
export async function runCommandLine(
  words: readonly string[],
  terminal: Terminal,
): Promise<ExitCode> {
  const row = commandAt(words)
  const exitCode = await run(row, words, terminal)
  const serves = row?.serves ?? false
  const lost = await terminal.settle(serves ? lastLinesMillisMax : null)
  if (lost === null || serves || exitCode !== exitCodes.done) return exitCode
  const failure = new OperatorError(`The output can't be written (${lost})`, {
    hint: "The command did its work, but what it printed is not whole.",
    exitCode: exitCodes.refused,
  })
  reportFailure(failure, terminal)
  await terminal.settle(null)
  return failure.exitCode
}

async function run(
  row: CommandRow | null,
  words: readonly string[],
  terminal: Terminal,
): Promise<ExitCode> {
  try {
    const answer = row === null ? answerTo(words) : null
    if (answer !== null) return printed(answer, terminal)
    if (row === null) throw noCommand(words)
    const rest = words.slice(row.name.split(" ").length)
    const call = readCall(row, rest, terminal)
    return call === null ? printed(helpOfCommand(row), terminal) : await row.run(call, terminal)
  } catch (error) {
    return reportFailure(error, terminal)
  }
}

function printed(text: string, { print, program }: Terminal): ExitCode {
  print(calledAs(program, text))
  return exitCodes.done
}

/** The command that the first words choose. The name of none begins with another's. */
function commandAt(words: readonly string[]): CommandRow | null {
  const isChosen = ({ name }: CommandRow) => name.split(" ").every((word, at) => words[at] === word)
  return commandRows.find(isChosen) ?? null
}

/** The text of help or of the version, or null when the words ask for neither. */
function answerTo(words: readonly string[]): string | null {
  const [first = "help", ...rest] = words
  if (["-v", "-V", "--version"].includes(first) && rest.length === 0) return versionText
  const asksHelp = ["help", "-h", "--help"].includes(first)
  const isGroupHelp = ["-h", "--help"].includes(rest.at(-1) ?? "")
  if (!asksHelp && !isGroupHelp) return null
  const about = asksHelp ? rest : words.slice(0, -1)
  if (about.length === 0) return helpText()
  const name = about.join(" ")
  if (asksHelp && name === "settings") return settingsText()
  const row = commandRows.find((one) => one.name === name)
  if (row !== undefined) return helpOfCommand(row)
  return commandsIn(name).length > 0 ? helpOfGroup(name) : null
}

/** The error for words that choose no command. It quotes no more of them than a command has. */
function noCommand(words: readonly string[]): OperatorError {
  const [first = ""] = words
  const isGroup = (typed: string) => commandsIn(typed).length > 0
  const typed = words.slice(0, isGroup(first) ? 2 : 1).join(" ")
  const names = commandRows.map(({ name }) => name)
  const close = closestName(typed, [...names, ...names.map((name) => name.split(" ")[0] ?? "")])
  const meant = close === null || close === typed ? "" : `Did you mean \`postern ${close}\`? `
  const group = [typed, first].find(isGroup)
  const list = group === undefined ? "postern help" : `postern help ${group}`
  const problem = group === typed ? "is not a complete command" : "is not a command"
  return new OperatorError(`'postern ${typed}' ${problem}`, {
    hint: `${meant}\`${list}\` lists the commands.`,
    exitCode: exitCodes.usage,
  })
}

/** What was typed after a command, or null when it asks for help. */
function readCall(row: CommandRow, rest: readonly string[], terminal: Terminal): Call | null {
  const { values, positionals } = parse(row, rest)
  if (values["help"] === true) return null
  const needed = row.takes.filter((name) => !name.startsWith("[")).length
  const isCount = positionals.length >= needed && positionals.length <= row.takes.length
  if (!isCount || positionals.includes("")) {
    throw wrongArguments(row, "wrong arguments")
  }
  return {
    values: positionals,
    isJson: values["json"] === true,
    options: ownOptions(row, values),
    optionNames: applyOptions(values, terminal.environment),
  }
}

function ownOptions(
  { options = [] }: CommandRow,
  values: Readonly<Record<string, unknown>>,
): Call["options"] {
  const given = options.filter(({ name }) => values[name] !== undefined)
  // A list as text has commas between its members.
  return new Map(given.map(({ name, takes }) => [name, takes ? String(values[name]) : ""]))
}

function parse(row: CommandRow, args: readonly string[]) {
  const text = { type: "string" } as const
  const flag = { type: "boolean" } as const
  const isSet = row.shownSettings.length > 0
  const settings = isSet ? settingOptions.map(([option]) => [option, text] as const) : []
  const own = (row.options ?? []).map(({ name, short, takes, several = false }) => {
    const type = takes ? { ...text, multiple: several } : flag
    return [name, short === undefined ? type : { ...type, short }] as const
  })
  const options: NonNullable<ParseArgsConfig["options"]> = {
    help: { ...flag, short: "h" },
    ...Object.fromEntries([...own, ...settings]),
  }
  try {
    const known = Object.keys(options)
    return parseArgs({ args: withNamesLast(args, known), options, allowPositionals: true })
  } catch (error) {
    throw wrongArguments(row, mistakeIn(systemCode(error), args, Object.keys(options)))
  }
}

/**
 * The words with the names of keys and sessions behind `--`. They are base64url of 43 and of 22
 * characters, so one in 64 begins with `-`.
 */
function withNamesLast(args: readonly string[], known: readonly string[]): string[] {
  const isName = (word: string) =>
    /^-(?:[\w-]{21}|[\w-]{42})$/.test(word) && !known.includes(word.slice(2))
  if (args.includes("--") || !args.some(isName)) return [...args]
  return [...args.filter((word) => !isName(word)), "--", ...args.filter(isName)]
}

/** What is wrong with the options, which are quoted only if they look like one: no password does. */
function mistakeIn(code: string | null, args: readonly string[], known: readonly string[]): string {
  const typed = args
    .map((word) => /^--([a-z-]+)/.exec(word)?.[1])
    .filter((option) => option !== undefined)
  const unknown = typed.find((option) => !known.includes(option))
  if (code === "ERR_PARSE_ARGS_INVALID_OPTION_VALUE")
    return "an option lacks its value, or takes none"
  if (unknown === undefined) return "there is no such option; after -- a word may begin with -"
  const close = closestName(unknown, known)
  return `there is no option --${unknown}${close === null ? "" : `. Did you mean --${close}?`}`
}

function wrongArguments(row: CommandRow, mistake: string): OperatorError {
  return new OperatorError(`${row.name}: ${mistake}`, {
    hint: `Usage: postern ${usageOf(row)}. \`postern help ${row.name}\` says more.`,
    exitCode: exitCodes.usage,
  })
}
