// What the shells complete, asked of those that are installed here.

import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { runCommandLine } from "../../src/cli/command_line.ts"
import { commandRows } from "../../src/cli/commands.ts"
import { createFakeTerminal } from "../support/fake_terminal.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

async function scriptOf(shell: string): Promise<string> {
  const terminal = createFakeTerminal()
  assert.equal(await runCommandLine(["completion", shell], terminal), 0)
  return terminal.stdout()
}

/** What is typed, the last word of it unfinished, and what may follow. */
const rows: readonly (readonly [typed: string, words: readonly string[]])[] = [
  ["postern ser", ["serve"]],
  ["postern us", ["user"]],
  ["postern user ", verbs("user")],
  ["postern user ro", ["role"]],
  ["postern user role ", ["add", "remove"]],
  ["postern key re", ["retire"]],
  ["postern help cl", []],
  ["postern help user claim ", ["remove", "set"]],
  ["postern help se", ["serve", "session", "settings"]],
  ["postern completion ", ["bash", "fish", "zsh"]],
  ["postern user list --js", ["--json"]],
  ["postern serve --po", ["--port"]],
  ["postern user add alice --data", ["--data-dir"]],
  ["postern user role add alice admin --js", []],
]

function verbs(group: string): string[] {
  const words = commandRows.map(({ name }) => name.split(" "))
  const found = words.flatMap(([first, second]) => (first === group ? [second ?? ""] : []))
  return [...new Set(found)].sort()
}

/** How each shell is asked: a program for it that prints the words for what is typed. */
const shells: Readonly<Record<string, (script: string, typed: string) => readonly string[]>> = {
  bash: (script, typed) => [
    "--norc",
    "-c",
    `. ${script}; COMP_WORDS=(${typed}${typed.endsWith(" ") ? '""' : ""})
     COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _postern; printf '%s\\n' "\${COMPREPLY[@]}"`,
  ],
  zsh: (script, typed) => [
    "-f",
    "-c",
    `compdef() { }; compadd() { shift; printf '%s\\n' "$@"; }; _files() { }; . ${script}
     words=(${typed}${typed.endsWith(" ") ? '""' : ""}); CURRENT=\${#words}; _postern`,
  ],
  fish: (script, typed) => ["--no-config", "-c", `. ${script}; complete -C '${typed}'`],
}

for (const [shell, argumentsFor] of Object.entries(shells)) {
  const isThere = spawnSync(shell, ["-c", "exit"]).error === undefined
  test(`postern completion ${shell} completes commands and options`, {
    skip: isThere ? false : `${shell} is not there`,
  }, async (t) => {
    const path = join(temporaryDirectory(t), "completion")
    writeFileSync(path, await scriptOf(shell))
    for (const [typed, expected] of rows) {
      const { status, stdout, stderr } = spawnSync(shell, argumentsFor(path, typed), {
        encoding: "utf8",
      })
      assert.equal(stderr, "", typed)
      assert.ok(status !== null && status < 2, typed)
      const begun = typed.split(" ").at(-1) ?? ""
      // The function of zsh gives all words, and zsh itself leaves those that fit.
      const words = stdout.split("\n").map((line) => line.split("\t")[0] ?? "")
      const fitting = words.filter((word) => word !== "" && word.startsWith(begun)).sort()
      assert.deepEqual(fitting, [...expected], typed)
    }
  })
}

test("postern completion of another shell is refused", async () => {
  const terminal = createFakeTerminal()
  assert.equal(await runCommandLine(["completion", "tcsh"], terminal), 2)
  assert.equal(
    terminal.stderr(),
    "postern: There is no completion for that shell\nhint: Use bash, zsh or fish.\n",
  )
})
