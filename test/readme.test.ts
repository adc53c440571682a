// The README drifts no further than this: its tables are compared with the code, its session is
// run.

import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { fileURLToPath } from "node:url"
import { runCommandLine } from "../src/cli/command_line.ts"
import { type Setting, settingRows } from "../src/config/settings.ts"
import { errorCodes, exitCodes, refusalReasons } from "../src/errors.ts"
import { problem } from "../src/http/problem.ts"
import { type RouteParts, routes } from "../src/routes.ts"
import { createFakeTerminal } from "./support/fake_terminal.ts"
import { startPostern } from "./support/postern_process.ts"
import { temporaryDirectory } from "./support/temporary_directory.ts"

const readme = readProjectFile("README.md")

test("README lists the endpoints of the route table", () => {
  const issuer = "https://login.example.org"
  const parts = { sessions: {}, issuer } as unknown as RouteParts
  const rows = routes(parts).map(([method, path, { admits }]) => [method, `\`${path}\``, admits])
  const written = table("Method").map((row) => row.slice(0, 3))
  assert.deepEqual(written, rows)
})

test("README lists the settings", () => {
  const rows = settingRows.map(([, setting]) => settingRow(setting))
  assert.deepEqual(table("Setting"), rows)
})

test("README lists the error codes and their statuses", () => {
  const rows = errorCodes.map((code) => [String(problem(code, "").status), `\`${code}\``])
  const written = table("Status").map((row) => row.slice(0, 2))
  assert.deepEqual(written, rows)
})

test("README lists the reasons for which tokens are refused", () => {
  const written = table("Reason").map(([reason]) => reason)
  assert.deepEqual(
    written,
    refusalReasons.map((reason) => `\`${reason}\``),
  )
})

test("README lists the commands, and the exit codes", async () => {
  const terminal = createFakeTerminal()
  await runCommandLine(["--help"], terminal)
  const help = terminal.stdout()
  for (const [command = "", does = ""] of table("Command")) {
    const plain = command.replaceAll("`", "").replaceAll("\\|", "|")
    assert.ok(help.includes(`  ${plain}\n      ${does}\n`), plain)
  }
  assert.equal(table("Command").length, help.match(/^ {2}postern /gm)?.length)
  const codes = /Exit codes: ([^.]*)\./.exec(readme)?.[1] ?? ""
  const written = [...codes.matchAll(/(\d+) /g)].map((found) => Number(found[1]))
  assert.deepEqual(written, Object.values(exitCodes))
  assert.ok(help.replace(/\s+/g, " ").includes(codes.replace(/\s+/g, " ")))
})

test("README gives a reason for each dependency", () => {
  const manifest = JSON.parse(readProjectFile("package.json")) as { dependencies: object }
  const written = table("Dependency").map(([name]) => name?.replaceAll("`", ""))
  assert.deepEqual(written.sort(), Object.keys(manifest.dependencies).sort())
})

test("README and the page on verifying use the example as it says", () => {
  const comment = readProjectFile("examples/verify_in_node.ts").replace(/^\/\/ ? ? ?/gm, "")
  for (const page of [readme, readProjectFile("docs/verify-tokens.md")]) {
    const [, usage = ""] = /```ts\n(const verify = [^`]*`[^`]*`[^`]*)```/.exec(page) ?? []
    assert.match(usage, /createVerifier/)
    assert.ok(comment.includes(usage), usage)
  }
})

test("README's scripts exist", () => {
  const { scripts } = JSON.parse(readProjectFile("package.json")) as { scripts: object }
  for (const [, name = ""] of readme.matchAll(/npm run (?:--silent )?(\w+)/g)) {
    assert.ok(Object.hasOwn(scripts, name), name)
  }
})

test("README's session answers as it says", async (t) => {
  const { url } = await startPostern(t, {
    POSTERN_DATA_DIR: temporaryDirectory(t),
    POSTERN_SEED_USERS: "alice:wonderland,bob:builder",
  })
  const session = blocks("console").find((block) => block.includes("/login")) ?? ""
  const steps = [...session.matchAll(/^\$ curl localhost:8080(.*)\n(.*)$/gm)]
  assert.equal(steps.length, 3)
  let token = ""
  for (const [, words = "", expected = ""] of steps) {
    const answer = await (await curl(url, words.replace("$TOKEN", token))).text()
    const comparable = (text: string) => text.replace(/"(eyJ|ptr_|ptd_)[^"]*"/g, '"$1…"').trim()
    assert.equal(comparable(answer), comparable(expected))
    token = /"access_token":"([^"]+)"/.exec(answer)?.[1] ?? token
  }
})

/** What curl would send for the words after its address, of which the session uses few. */
function curl(url: string, words: string): Promise<Response> {
  const path = /^\S*/.exec(words)?.[0] ?? ""
  const header = /-H ['"]([\w-]+): ([^'"]*)['"]/.exec(words)
  const body = /-d '([^']*)'/.exec(words)?.[1]
  return fetch(`${url}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: header === null ? {} : { [String(header[1])]: String(header[2]) },
    ...(body === undefined ? {} : { body }),
  })
}

function settingRow({ name, help, fallback, shownDefault, secret }: Setting): string[] {
  const standard = shownDefault ?? fallback
  return [`\`${name}\`${secret ? " ¹" : ""}`, standard === null ? "" : `\`${standard}\``, help]
}

/** The cells of the table whose first heading this is. */
function table(heading: string): string[][] {
  const lines = readme.split("\n")
  const start = lines.findIndex((line) => line.startsWith(`| ${heading} |`))
  const length = lines.slice(start).findIndex((line) => !line.startsWith("|"))
  return lines.slice(start + 2, start + length).map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

function blocks(language: string): string[] {
  const pattern = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm")
  return [...readme.matchAll(pattern)].map((found) => found[1] ?? "")
}

function readProjectFile(name: string): string {
  return readFileSync(fileURLToPath(new URL(`../${name}`, import.meta.url)), "utf8")
}
