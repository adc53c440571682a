// docs/architecture.md against the source: its drawing has each import between rooms, and no other;
// its table has each room; its numbers of lines are not exceeded.

import assert from "node:assert/strict"
import { readdirSync } from "node:fs"
import { dirname, join, normalize } from "node:path"
import { test } from "node:test"
import { fileURLToPath } from "node:url"
import { blocksOf, readPage, readProjectFile, tableOf } from "../support/page.ts"

const page = readPage("docs/architecture.md")
/** What every room may import, and what is not drawn. */
const ground = ["domain", "system", "telemetry", "errors", "clock"]

const files = readdirSync(fileURLToPath(new URL("../../src", import.meta.url)), {
  recursive: true,
  encoding: "utf8",
}).filter((name) => name.endsWith(".ts"))

/** A folder is a room, a file of the hall is one by itself; the keys are a part of the tokens. */
function roomOf(file: string): string {
  const folder = dirname(file)
  if (folder === ".") return file.replace(".ts", "")
  return folder === "token/keys" ? "token" : folder
}

function importsOf(file: string): readonly string[] {
  const paths = readProjectFile(`src/${file}`).matchAll(/(?:from|import\() ?"(\.[^"]+\.ts)"/g)
  return [...paths].map(([, path = ""]) => normalize(join(dirname(file), path)))
}

/** Lines of a drawing, `from --> one & another`, as pairs. */
function drawnEdges(): readonly string[] {
  const [drawing = ""] = blocksOf(page, "mermaid")
  return [...drawing.matchAll(/^ {2}(\S+) --> (.+)$/gm)].flatMap(([, from, targets = ""]) =>
    targets.split(" & ").map((to) => `${from} --> ${to}`),
  )
}

test("architecture.md draws the imports between rooms", () => {
  const edges = files.flatMap((file) =>
    importsOf(file).map((imported) => [roomOf(file), roomOf(imported)] as const),
  )
  const between = edges.filter(
    ([from, to]) => from !== to && !ground.includes(from) && !ground.includes(to),
  )
  const names = [...new Set(between.map(([from, to]) => `${from} --> ${to}`))]
  assert.deepEqual([...drawnEdges()].sort(), names.sort())
})

test("architecture.md has each room in its table", () => {
  const rooms = new Set(files.map(roomOf).filter((room) => !["errors", "clock"].includes(room)))
  const listed = tableOf(page, "Room").map(([name = ""]) => name.replace(/`|\/`$|\.ts/g, ""))
  assert.deepEqual(listed.sort(), [...rooms].sort())
})

/** The files of a guarded GET, from the route table to the store's journal. */
const stepsOfGet = [
  ...["routes", "app", "http/router", "http/guard", "http/bearer", "handlers/protected"],
  ...["service/authenticate", "token/verified_tokens", "token/access_token", "token/claims"],
  ...["store/store", "store/session_store", "store/json/open_json_store", "store/json/sessions"],
  ...["store/json/staged_tables", "store/json/tables", "store/json/journal"],
].map((name) => `${name}.ts`)

/** What a process loads when it imports a file: what it imports in turn, but no types. */
function loadedBy(file: string, known = new Set<string>()): ReadonlySet<string> {
  if (known.has(file)) return known
  known.add(file)
  const imports = /^(?:import|export) (?!type )[^"]*?from "(\.[^"]+\.ts)"/gm
  for (const [, path = ""] of readProjectFile(`src/${file}`).matchAll(imports)) {
    loadedBy(normalize(join(dirname(file), path)), known)
  }
  return known
}

test("architecture.md says how many files and lines there are to read", () => {
  const sevenFiles = /^less (.+)$/m.exec(page.text)?.[1]?.split(" ") ?? []
  const core = new Set(
    ["main.ts", "cli/serve.ts", "start.ts"].flatMap((file) => [...loadedBy(file)]),
  )
  const counted = [sevenFiles, stepsOfGet, [...core], files].map((some) => ({
    files: some.length,
    lines: some.reduce(
      (sum, file) => sum + readProjectFile(`src/${file}`).split("\n").length - 1,
      0,
    ),
  }))
  const numberOf = (text = "") => Number(text.replace(",", ""))
  const written = tableOf(page, "What").map(([, files, lines]) => [
    numberOf(files),
    numberOf(lines),
  ])
  assert.equal(written.length, counted.length)
  for (const [index, { files, lines }] of counted.entries()) {
    const [filesMax = 0, linesMax = 0] = written[index] ?? []
    assert.ok(files <= filesMax && files > filesMax * 0.95, `${files} files, not ${filesMax}`)
    assert.ok(lines <= linesMax && lines > linesMax * 0.9, `${lines} lines, not ${linesMax}`)
  }
})
