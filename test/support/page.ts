// A page of the documents: its blocks and tables, and its session at a shell, which tests run.
// In what a page shows, `…` stands for any text, and the line breaks of long output do not count.

import { execFile } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

/** A document of the project, by its path from the root. */
export interface Page {
  readonly name: string
  readonly text: string
}

/** A command of a page's ```console blocks, and what the page says it prints. */
export interface Step {
  readonly command: string
  readonly shown: string
}

/** Where a page's commands run. */
export interface Shell {
  /** An empty directory: the commands' own, and their home. */
  readonly directory: string
  /** What the page's `localhost:8080` stands for. */
  readonly host: string
  /** What `postern` runs: the words after `node`. */
  readonly program: readonly string[]
  readonly settings: Readonly<Record<string, string>>
  /** What is typed at prompts for a new password. */
  readonly password: string
}

const root = fileURLToPath(new URL("../..", import.meta.url))
/** What starts something that the test starts by itself, takes minutes, or needs the clone. */
const notRun = /^npm (?!run --silent postern )/
const prompt = /^(?:New password|Once more|Again)\b.*:$/

/** Reads a document. */
export function readPage(name: string): Page {
  return { name, text: readProjectFile(name) }
}

/** Reads a file of the project. */
export function readProjectFile(name: string): string {
  return readFileSync(join(root, name), "utf8")
}

/** The texts of a page's blocks of a language, in order. */
export function blocksOf({ text }: Page, language: string): readonly string[] {
  const pattern = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm")
  return [...text.matchAll(pattern)].map((found) => found[1] ?? "")
}

/** The cells of the table whose first heading this is, row by row. */
export function tableOf({ text }: Page, heading: string): readonly (readonly string[])[] {
  const lines = text.split("\n")
  const start = lines.findIndex((line) => line.startsWith(`| ${heading} |`))
  const length = lines.slice(start).findIndex((line) => !line.startsWith("|"))
  if (start === -1) return []
  return lines.slice(start + 2, start + length).map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll("\\|", "|")),
  )
}

/** The commands of a page that a test can run, in order. */
export function stepsOf(page: Page): readonly Step[] {
  const steps = blocksOf(page, "console").flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((step) => {
        const [, command = "", shown = ""] = /^((?:.*\\\n)*.*)\n?([\s\S]*)$/.exec(step) ?? []
        return { command, shown }
      }),
  )
  return steps.filter(({ command }) => !notRun.test(command))
}

/** Runs a page's commands in one shell, and gives what each printed. */
export async function runSteps(steps: readonly Step[], shell: Shell): Promise<readonly string[]> {
  const bin = join(shell.directory, ".bin")
  mkdirSync(bin)
  const words = [process.execPath, ...shell.program].map((word) => `'${word}'`).join(" ")
  writeFileSync(join(bin, "postern"), `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 })
  // At a terminal curl shows no progress.
  writeFileSync(join(shell.directory, ".curlrc"), "silent\n")
  const end = "end-of-step"
  const script = steps.map(({ command, shown }) => {
    const typed = shown.split("\n").some((line) => prompt.test(line)) ? shell.password : ""
    const run = command
      .replaceAll("npm run --silent postern --", "postern")
      .replaceAll("localhost:8080", shell.host)
    return `{ ${run}\n} <<'TYPED'\n${typed}\nTYPED\necho ${end}\n`
  })
  const env = {
    ...{ PATH: `${bin}:${process.env["PATH"]}`, HOME: shell.directory },
    ...{ NODE_PATH: join(root, "node_modules"), ...shell.settings },
  }
  const printed = await new Promise<string>((resolve, reject) => {
    const options = { cwd: shell.directory, env }
    execFile("sh", ["-c", `exec 2>&1\n${script.join("")}`], options, (error, stdout) =>
      error === null ? resolve(stdout) : reject(error),
    )
  })
  return printed.split(`${end}\n`).slice(0, steps.length)
}

/** Whether what was printed is what a page shows. */
export function isAsShown(printed: string, shown: string): boolean {
  const expected = shown
    .split("\n")
    .filter((line) => !prompt.test(line))
    .join("\n")
  const pattern = withoutSpace(expected)
    .split("…")
    .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*")
  return new RegExp(`^${pattern}$`).test(withoutSpace(printed))
}

function withoutSpace(text: string): string {
  return text.replace(/\s+/g, "")
}
