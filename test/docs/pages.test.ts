// What all pages share: each opens with what it helps to do and a command, its commands run, its
// links lead somewhere, and each setting and command that it names exists.

import assert from "node:assert/strict"
import { existsSync, readdirSync } from "node:fs"
import { dirname, join } from "node:path"
import { before, type TestContext, test } from "node:test"
import { fileURLToPath } from "node:url"
import { runCommandLine } from "../../src/cli/command_line.ts"
import { settingNames } from "../../src/config/settings.ts"
import { exitCodes } from "../../src/errors.ts"
import { createFakeTerminal, pipedInput } from "../support/fake_terminal.ts"
import {
  isAsShown,
  type Page,
  readPage,
  readProjectFile,
  runSteps,
  stepsOf,
} from "../support/page.ts"
import { bundlePostern, startPostern } from "../support/postern_process.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const taskPages = readdirSync(join(root, "docs"))
  .filter((name) => name.endsWith(".md"))
  .map((name) => readPage(`docs/${name}`))
const pages = [
  ...["README.md", "SECURITY.md"].map(readPage),
  ...["release", "security-requirements"].map((name) => readPage(`docs/maintainers/${name}.md`)),
  ...taskPages,
]
/** How far down a page its first command or code may stand. */
const openingLinesMax = 14
/** Their commands stop and replace the service: tests of their own run them. */
const ranElsewhere = ["docs/backup.md", "docs/postgres.md"]

for (const page of taskPages) {
  test(`${page.name} opens with what it helps to do, and a command`, () => {
    const lines = page.text.split("\n")
    assert.match(lines[0] ?? "", /^# \S/)
    assert.equal(lines[1], "")
    assert.match(lines[2] ?? "", /^[A-Z]/)
    const code = lines.findIndex((line) => line.startsWith("```"))
    assert.ok(code > 0 && code <= openingLinesMax, `line ${code + 1}`)
  })
}

let program: readonly string[] = []
before((t) => {
  program = bundlePostern(t as TestContext)
})

for (const page of taskPages.filter(({ name }) => !ranElsewhere.includes(name))) {
  const steps = stepsOf(page)
  if (steps.length === 0) continue
  test(`${page.name}: its commands print what it shows`, async (t) => {
    const directory = temporaryDirectory(t)
    const settings = { POSTERN_DATA_DIR: join(directory, "data") }
    const isOfAdmins = page.name === "docs/admin-api.md"
    const seeded = {
      ...{ ...settings, POSTERN_SEED_USERS: "alice:wonderland,bob:builder" },
      ...(isOfAdmins ? { POSTERN_ADMIN_API: "on" } : {}),
    }
    const { port } = await startPostern(t, seeded, ["serve"], program)
    const shell = { directory, host: `localhost:${port}`, program, settings }
    const printed = await runSteps(steps, { ...shell, password: "korrekt-pferd-batterie" })
    for (const [index, { command, shown }] of steps.entries()) {
      assert.ok(isAsShown(printed[index] ?? "", shown), `${command}\n${printed[index]}`)
    }
  })
}

for (const page of pages) {
  test(`${page.name} links to what is there`, () => {
    const missing = linksOf(page).filter(({ file, anchor }) => {
      if (!existsSync(join(root, file))) return true
      return anchor !== undefined && !anchorsOf(readPage(file)).includes(anchor)
    })
    assert.deepEqual(missing, [])
  })

  test(`${page.name} names settings, scripts and commands that there are`, async () => {
    const isFlaskPage = page.name === "docs/flask-jwt-extended.md"
    const names = [...page.text.matchAll(/\b(?:POSTERN|JWT)_[A-Z_]*[A-Z]\b/g)].map(([name]) => name)
    const isKnown = (name: string) =>
      settingNames.includes(name) || (isFlaskPage && /^JWT/.test(name))
    assert.deepEqual(
      names.filter((name) => !isKnown(name)),
      [],
    )
    const { scripts } = JSON.parse(readProjectFile("package.json")) as { scripts: object }
    for (const [, name = ""] of page.text.matchAll(/npm run (?:--silent )?([\w:]+)/g)) {
      assert.ok(Object.hasOwn(scripts, name), name)
    }
    const commands = [...page.text.matchAll(/\bpostern ((?:user|key|store|token) [\w ]*\w)/g)]
    for (const words of new Set(commands.map(([, words = ""]) => words))) {
      assert.ok(await isCommand(words.split(" ")), words)
    }
  })
}

test("verify-tokens.md uses the example as the example says", () => {
  const comment = readProjectFile("examples/verify_in_node.ts").replace(/^\/\/ ? ? ?/gm, "")
  const { text } = readPage("docs/verify-tokens.md")
  const [, usage = ""] = /```ts\n(const verify = [^`]*`[^`]*`[^`]*)```/.exec(text) ?? []
  assert.match(usage, /createVerifier/)
  assert.ok(comment.includes(usage), usage)
})

test("pages name files that there are", () => {
  // The page on routes makes some.
  const fixed = pages.filter(({ name }) => name !== "docs/extend.md")
  const missing = fixed.flatMap(({ name, text }) =>
    [...text.matchAll(/`((?:src|test|bench|bin|examples)\/[\w./-]*)`/g)]
      .map(([, path = ""]) => path)
      .filter((path) => !existsSync(join(root, path)))
      .map((path) => `${name}: ${path}`),
  )
  assert.deepEqual(missing, [])
})

/** Where a page's links lead, as paths from the root. */
function linksOf({ name, text }: Page): readonly { file: string; anchor: string | undefined }[] {
  const targets = [...text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, target = ""]) => target)
  return targets.map((target) => {
    const [path = "", anchor] = target.split("#")
    return { file: path === "" ? name : join(dirname(name), path), anchor }
  })
}

// As code hosts make them.
function anchorsOf({ text }: Page): readonly string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  )
}

/** Whether the command line knows the words, with a name or words of the sentence behind them. */
async function isCommand(words: readonly string[]): Promise<boolean> {
  for (let count = words.length; count > 1; count -= 1) {
    const places = ["--from", "/nowhere/at/all", "--to", "postgres://a@b/c"]
    for (const more of [[], ["name"], ["name", "role"], ["name", "claim", "1"], places]) {
      const nowhere = { POSTERN_DATA_DIR: "/nowhere/at/all" }
      const terminal = createFakeTerminal(nowhere, pipedInput("korrekt-pferd-batterie"))
      const code = await runCommandLine([...words.slice(0, count), ...more], terminal)
      if (code !== exitCodes.usage) return true
    }
  }
  return false
}
