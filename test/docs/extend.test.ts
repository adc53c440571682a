// docs/extend.md does what it says: its code is applied to a copy of the sources, compiled, and its
// tests and the lists that it names are run there.

import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { type TestContext, test } from "node:test"
import { fileURLToPath } from "node:url"
import { readPage } from "../support/page.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const page = readPage("docs/extend.md")
/** What the compiler and the tests of the copy need. */
const copied = ["src", "test", "docs", "examples/deploy", "package.json", "docker-compose.yml"]

/** A block of the page, and the file that the text before it names last. */
interface Block {
  readonly language: string
  readonly text: string
  readonly file: string
}

function blocks(): readonly Block[] {
  const parts = page.text.split(/^```(\w*)\n([\s\S]*?)^```$/m)
  const found: Block[] = []
  let file = ""
  for (let index = 0; index + 2 < parts.length; index += 3) {
    const [before = "", language = "", text = ""] = parts.slice(index, index + 3)
    file = [...before.matchAll(/`((?:src|test|docs)\/[\w/.]+\.\w+)`/g)].at(-1)?.[1] ?? file
    found.push({ language, text, file })
  }
  return found
}

/** Inserts the lines with `+` behind the line that stands before them. */
function applyDiff(text: string, diff: string): string {
  const lines = diff.trimEnd().split("\n")
  const [context = "", ...added] = lines
  assert.ok(context.startsWith(" ") && added.every((line) => line.startsWith("+")), diff)
  const place = `${context.slice(1)}\n`
  assert.equal(text.split(place).length, 2, `This stands once: ${place}`)
  return text.replace(place, () => place + added.map((line) => `${line.slice(1)}\n`).join(""))
}

/** The sources with the code of the page. */
function extendedCopy(t: TestContext): string {
  const copy = temporaryDirectory(t)
  for (const name of copied) cpSync(join(root, name), join(copy, name), { recursive: true })
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"))
  for (const { language, text, file } of blocks()) {
    const path = join(copy, file)
    if (language === "diff") writeFileSync(path, applyDiff(readFileSync(path, "utf8"), text))
    if (language !== "ts" || !text.startsWith("// ")) continue
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  writeFileSync(join(copy, "src/handlers/echo.ts"), blockWith("echo = "))
  return copy
}

function blockWith(code: string): string {
  return blocks().find(({ text }) => text.includes(code))?.text ?? ""
}

/** What the compiler says of the sources of a copy. */
function compile(copy: string): string {
  const { compilerOptions } = JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8"))
  const include = ["src", "test/handlers/greeting.test.ts"]
  writeFileSync(join(copy, "tsconfig.json"), JSON.stringify({ compilerOptions, include }))
  return spawnSync(join(root, "node_modules/.bin/tsc"), [], { cwd: copy, encoding: "utf8" }).stdout
}

test("extend.md: its code compiles, its tests and the lists that it names hold", (t) => {
  const copy = extendedCopy(t)
  assert.equal(compile(copy), "")
  const files = [
    "test/handlers/greeting.test.ts",
    "test/docs/tables.test.ts",
    "test/route_table.ts",
  ]
  const names = "--test-name-pattern=/GET .greeting|api.md has the tables|routes\\(\\)/"
  // A test that runs tests would only report to the one above.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const words = ["--import", "tsx", "--test", "--test-reporter=tap", names, ...files]
  const { status, stdout } = spawnSync(process.execPath, words, {
    cwd: copy,
    env,
    encoding: "utf8",
  })
  assert.equal(status, 0, stdout)
  assert.match(stdout, /^ok \d+ - GET \/greeting greets the user who sent the token$/m)
  assert.match(
    stdout,
    /^ok \d+ - api.md has the tables that the description of the API makes \(npm run docs\)$/m,
  )
})

test("extend.md: a route without a guard does not compile, one with another guard does", (t) => {
  const copy = extendedCopy(t)
  const path = join(copy, "src/routes.ts")
  const row = '    ["GET", "/greeting", guarded(greeting())],\n'
  const original = readFileSync(path, "utf8")
  assert.ok(original.includes(row))
  const open = row.replace("guarded(greeting())", "greeting()")
  const changed = original.replace(row, `${open}${blockWith('role: "auditor"')}`)
  writeFileSync(path, changed)
  const line = changed.slice(0, changed.indexOf(open)).split("\n").length
  const errors = compile(copy).match(/^\S+ error TS\d+/gm) ?? []
  assert.equal(errors.length, 1, errors.join("\n"))
  assert.match(errors[0] ?? "", new RegExp(`^src/routes\\.ts\\(${line},\\d+\\): error TS2322$`))
})
