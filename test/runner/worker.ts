// One of the processes that `npm test` runs test files in: imports the files that its parent names,
// each after the tests of the one before are over. To start Node and to read Postern's sources
// takes longer than the tests of most files.

import { AsyncResource } from "node:async_hooks"
import { after, test } from "node:test"
import { pathToFileURL } from "node:url"
import { inspect } from "node:util"
import { endOf, type Order, tellParent } from "./messages.ts"

// Coverage is counted in this process. What the tests start counts none, and needs no time for it.
delete process.env["NODE_V8_COVERAGE"]

/** Where `after` belongs to no test. */
const outsideOfTests = new AsyncResource("outside of tests")

async function runFile(file: string): Promise<void> {
  const before = surroundings()
  try {
    await import(pathToFileURL(file).href)
  } catch (error) {
    tellParent({ kind: "fail", name: "import of the file", error: inspect(error) })
  }
  let cleanedUp: Promise<unknown> = Promise.resolve()
  // Tests run one after the other, so this one runs when those of the file are over.
  await test(endOf(file), () => {
    // `after` runs its functions one after the other, and takes what the next file adds meanwhile
    // along: it would end what has just begun. A file may add some until now, so this one is last.
    cleanedUp = new Promise<void>((resolve) => {
      outsideOfTests.runInAsyncScope(() => after(() => resolve()))
    })
    if (surroundings() === before) return
    tellParent({
      kind: "fail",
      name: "after the tests",
      error: "The tests left another working directory or environment to the next file.",
    })
  })
  await cleanedUp
}

function surroundings(): string {
  return JSON.stringify([process.cwd(), process.env])
}

for (const event of ["uncaughtException", "unhandledRejection"]) {
  process.on(event, (error) => tellParent({ kind: "stray", error: inspect(error) }))
}

let before = Promise.resolve()
process.on("message", ({ run }: Order) => {
  before = before.then(() => (run === null ? process.disconnect() : runFile(run)))
})
