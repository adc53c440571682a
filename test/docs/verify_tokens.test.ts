// verify-tokens.md against the scripts that its table and its code come from. The scripts run by
// `npm --prefix examples/verifiers start`, since they need programs and packages of their own.

import assert from "node:assert/strict"
import { existsSync, readdirSync } from "node:fs"
import { test } from "node:test"
import { fileURLToPath } from "node:url"
import { blocksOf, readPage, readProjectFile, tableOf } from "../support/page.ts"

interface Row {
  readonly library: string
  readonly command: readonly string[]
  readonly eddsa?: boolean
  readonly typ: boolean
}

const page = readPage("docs/verify-tokens.md")
const folder = fileURLToPath(new URL("../../examples/verifiers/", import.meta.url))
const rows = JSON.parse(readProjectFile("examples/verifiers/libraries.json")) as readonly Row[]
const { dependencies } = JSON.parse(readProjectFile("examples/verifiers/package.json")) as {
  dependencies: Readonly<Record<string, string>>
}
/** The libraries that no script of the runner's could be tried with. */
const notRun = tableOf(page, "Library").filter(([, tried]) => tried === "not run")

for (const [link = "", tried = "", , , typ = "", , eddsa = ""] of tableOf(page, "Library")) {
  const [, name = link, path = ""] = /^\[(.+)\]\(\.\.\/(.+)\)$/.exec(link) ?? []
  if (tried === "" || path === "") continue
  test(`verify-tokens.md has of ${name} what its script proves`, () => {
    const row = rows.find(({ library }) => library === name)
    assert.ok(row, "the runner does not run it")
    assert.ok(existsSync(`${folder}/../../${path}`))
    const program = row.command.at(-1) ?? ""
    assert.ok(path.includes(program.replace(/\.\w+$/, "")), program)
    if (Object.hasOwn(dependencies, name)) assert.equal(tried, dependencies[name])
    assert.equal(typ !== "not possible", row.typ)
    if (tried === "not run") assert.equal(eddsa, "not run")
    else assert.equal(eddsa.startsWith("yes"), row.eddsa)
  })
}

test("verify-tokens.md says which scripts have not been run", () => {
  for (const [link = ""] of notRun) {
    const name = /\[(.+?)\]/.exec(link)?.[1]
    assert.ok(page.text.includes(`The script of ${name} was written`), name)
  }
})

test("verify-tokens.md has a row for each library that the runner runs", () => {
  const names = tableOf(page, "Library").map(([link = ""]) => /\[(.+?)\]/.exec(link)?.[1])
  // Frameworks have code on the page instead, and the two Flask applications a page of their own.
  const elsewhere = /^(Express|Fastify|Hono|Flask with PyJWT|Flask-JWT-Extended, shared secret)$/
  const missing = rows.filter(({ library }) => !names.includes(library) && !elsewhere.test(library))
  assert.deepEqual(missing, [])
})

test("examples/verifiers runs each of its scripts", () => {
  const parts = ["run.js", "judge.js", "forged_tokens.js"]
  const scripts = readdirSync(folder).filter((name) => /\.(js|py|rb|php|sh)$/.test(name))
  const run = rows.map(({ command }) => command.at(-1))
  assert.deepEqual(scripts.filter((name) => !parts.includes(name)).sort(), run.sort())
})

const middlewares = ["express", "fastify", "hono"]

for (const [at, framework] of middlewares.entries()) {
  test(`verify-tokens.md shows the middleware that ${framework}'s script runs`, () => {
    const script = readProjectFile(`examples/verifiers/${framework}_middleware.js`)
    const [, , ...lines] = (blocksOf(page, "js")[at] ?? "").split("\n")
    assert.ok(lines.length > 4 && script.includes(lines.join("\n")), lines.join("\n"))
  })
}

test("flask-jwt-extended.md shows what its scripts run", () => {
  const scripts = ["secret", "keys"].map((end) =>
    readProjectFile(`examples/verifiers/flask_jwt_extended_${end}.py`),
  )
  const blocks = blocksOf(readPage("docs/flask-jwt-extended.md"), "python")
  const functions = blocks.flatMap((block) => block.match(/^@(?:.|\n(?!\n))+/gm) ?? [])
  assert.equal(functions.length, 3)
  for (const text of functions) {
    assert.ok(
      scripts.some((script) => script.includes(text.trim())),
      text,
    )
  }
})
