// postern completion SHELL: the words that may come next, for bash, zsh and fish. Made from the
// table of commands: after which words which words may follow, and which options a command has.

import { type ExitCode, exitCodes, OperatorError } from "../errors.ts"
import type { Call, CommandRow } from "./command_row.ts"
import { settingOptions } from "./settings_options.ts"
import type { Terminal } from "./terminal.ts"

const shells: Readonly<Record<string, (rows: readonly CommandRow[]) => string>> = {
  bash,
  zsh,
  fish,
}

/** Prints the completion of a shell. */
export async function runCompletion(
  { values }: Call,
  terminal: Terminal,
  rows: readonly CommandRow[],
): Promise<ExitCode> {
  const [shell = ""] = values
  const script = Object.hasOwn(shells, shell) ? shells[shell] : undefined
  if (script === undefined) {
    throw new OperatorError("There is no completion for that shell", {
      hint: "Use bash, zsh or fish.",
      exitCode: exitCodes.usage,
    })
  }
  terminal.print(script(rows))
  return exitCodes.done
}

/** By the words typed so far, those that may come next. */
function nextWords(rows: readonly CommandRow[]): ReadonlyMap<string, readonly string[]> {
  const next = new Map<string, string[]>([
    ["", ["help", "--help", "--version"]],
    ["help", ["settings"]],
    ["completion", Object.keys(shells)],
  ])
  for (const { name } of rows) {
    const words = name.split(" ")
    for (const [at, word] of words.entries()) {
      for (const before of [words.slice(0, at), ["help", ...words.slice(0, at)]]) {
        const typed = before.join(" ")
        const known = next.get(typed) ?? []
        if (!known.includes(word)) next.set(typed, [...known, word])
      }
    }
  }
  return next
}

function optionsOf({ options = [], shownSettings }: CommandRow): readonly string[] {
  const settings = shownSettings.length === 0 ? [] : settingOptions.map(([option]) => `--${option}`)
  return [...options.map(({ name }) => `--${name}`), ...settings, "--help"]
}

/** The two cases of a shell function in which `words` gets what may come next. */
function cases(rows: readonly CommandRow[]): string {
  const next = [...nextWords(rows)].map(
    ([typed, words]) => `    '${typed}') words='${words.join(" ")}' ;;\n`,
  )
  const options = rows.map(
    (row) => `      '${row.name}'*) words='${optionsOf(row).join(" ")}' ;;\n`,
  )
  return `  case "$typed" in
${next.join("")}  esac
  case "$current" in -*)
    case "$typed" in
${options.join("")}    esac ;;
  esac`
}

function bash(rows: readonly CommandRow[]): string {
  return `# bash completion for postern
_postern() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  local typed="\${COMP_WORDS[*]:1:COMP_CWORD-1}"
${cases(rows)}
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _postern postern
`
}

function zsh(rows: readonly CommandRow[]): string {
  return `#compdef postern
_postern() {
  local current="\${words[CURRENT]}" typed="\${words[2,CURRENT-1]}"
  local words=""
${cases(rows)}
  if [[ -n "$words" ]]; then compadd -- \${=words}; else _files; fi
}
compdef _postern postern
`
}

function fish(rows: readonly CommandRow[]): string {
  const next = [...nextWords(rows)].map(([typed, words]) => {
    const before = `postern ${typed}`.trim()
    return `complete -c postern -f -n "test (__postern_typed) = '${before}'" -a '${words.join(" ")}'\n`
  })
  const options = rows.flatMap((row) => {
    const begun = `string match -q -- 'postern ${row.name}*' (__postern_typed)`
    const names = optionsOf(row).map((option) => option.slice(2))
    return names.map((name) => `complete -c postern -n "${begun}" -l ${name}\n`)
  })
  return `# fish completion for postern
function __postern_typed
  set -l words (commandline -opc)
  set words[1] postern
  string join ' ' -- $words
end
${next.join("")}${options.join("")}`
}
