import assert from "node:assert/strict"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import {
  checkoutKind,
  compareCheckouts,
  loadFixtureOf,
  ownName,
  startCommandOf,
} from "../../bench/checkouts.ts"
import { type Sample, summarize } from "../../bench/summary.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

test("startCommandOf() is what npm start runs, as this process's own child", (t) => {
  const now = makeCheckout(t, { start: "exec node bin/postern.js serve" })
  assert.equal(startCommandOf(now), "node bin/postern.js serve")
  const before = makeCheckout(t, { start: "node --import tsx src/main.ts serve" })
  assert.equal(startCommandOf(before), "node --import tsx src/main.ts serve")
})

test("startCommandOf() refuses a directory that is no checkout", (t) => {
  for (const directory of [temporaryDirectory(t), makeCheckout(t, {})]) {
    const message = `'${join(directory, "package.json")}' has no start script`
    assert.throws(() => startCommandOf(directory), { message })
  }
})

test("checkoutKind() runs a checkout in its directory, over the store of its own code", async (t) => {
  const directory = makeCheckout(t, { start: "node server.js" })
  const make = await loadFixtureOf(directory, temporaryDirectory(t))
  const fixture = await make(7)
  assert.equal(fixture.secret, "secret of 7 tokens")
  const kind = checkoutKind(directory, fixture)
  assert.deepEqual([kind.name, kind.role, kind.command], [directory, "postern", "node server.js"])
  assert.equal(kind.workingDirectory, directory)
  assert.equal(kind.fixture, fixture)
})

test("loadFixtureOf() refuses a checkout without a fixture", async (t) => {
  await assert.rejects(loadFixtureOf(temporaryDirectory(t), temporaryDirectory(t)), /resolve/)
})

test("compareCheckouts() takes the ratio within each round, then the median", () => {
  const rounds: readonly (readonly number[])[] = [
    [10, 20],
    [30, 40],
    [9, 10],
  ]
  const samples: readonly Sample[] = rounds.flatMap(([own = 0, other = 0], round) => [
    { server: ownName, round, numbers: { processor: own } },
    { server: "/before", round, numbers: { processor: other } },
  ])
  const summary = summarize(
    samples,
    {
      ...{ name: "hot", title: "Guarded GET", floor: null, control: null, ratioOf: "processor" },
      ...{ lessIsBetter: true, columns: [], notes: [] },
    },
    [ownName, "/before"],
  )
  assert.equal(
    compareCheckouts([summary], ["/before"]),
    [
      "| CPU µs a request | this checkout | /before | ratio |",
      "| --- | ---: | ---: | ---: |",
      "| Guarded GET | 10.0 | 20.0 | **0.75** (0.50–0.90) |\n",
    ].join("\n"),
  )
  assert.equal(compareCheckouts([summary], []), "")
})

function makeCheckout(t: TestContext, scripts: Readonly<Record<string, string>>): string {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, "package.json"), JSON.stringify({ scripts }))
  mkdirSync(join(directory, "bench"))
  const fixture =
    // biome-ignore lint/suspicious/noTemplateCurlyInString: of the other checkout's text
    "export const makeFixture = async (count: number) => ({ secret: `secret of ${count} tokens` })"
  writeFileSync(join(directory, "bench/fixture.ts"), fixture)
  return directory
}
