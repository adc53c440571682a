// docs/architecture.md against the source: its drawing has each import between rooms, and no other;
// its table has each room.

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
