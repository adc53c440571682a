// Runs the benchmark: reads the options, measures scenario after scenario, and writes the results.

import { mkdirSync, writeFileSync } from "node:fs"
import { cpus, type as systemName } from "node:os"
import { join, resolve } from "node:path"
import type { BenchRun } from "./bench_run.ts"
import { drawChart } from "./chart.ts"
import { checkoutKind, compareCheckouts, loadFixtureOf, ownCheckout } from "./checkouts.ts"
import { type Fixture, makeFixture } from "./fixture.ts"
import { guardedCases, measureGuarded } from "./guarded.ts"
import { measureFlood, measureLogin } from "./login.ts"
import { help, type Options, readOptions } from "./options.ts"
import { benchDirectory } from "./places.ts"
import { say } from "./progress.ts"
import { measureRefresh } from "./refresh.ts"
import { type Results, writeReport } from "./report.ts"
import { pinLoadGenerator } from "./running_server.ts"
import { type ScenarioName, scenarioNames, scenarioTitles } from "./scenario_names.ts"
import { defaultName, hasWing, type ServerKind, serverKinds } from "./servers.ts"
import { measureMemory, measureStart, measureWings } from "./start.ts"
import { measureStore } from "./store.ts"
import type { Summary } from "./summary.ts"
import { measureVerify } from "./verify.ts"

/** How many tokens a scenario needs; the others are content with few. */
const tokenCounts: Partial<Readonly<Record<ScenarioName, number>>> = {
  "10k": 10_000,
  "100k": 100_000,
  refresh: 2000,
}
const fewTokens = 1000

// So that what was started, and its files, end as well.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1))
process.exitCode = await main(process.argv.slice(2))

async function main(words: readonly string[]): Promise<number> {
  const reading = readOptions(words)
  if ("help" in reading) {
    process.stdout.write(help)
    return 0
  }
  if ("mistake" in reading) {
    process.stderr.write(`${reading.mistake}\nSee npm --prefix bench start -- --help\n`)
    return 2
  }
  try {
    await runAll(reading.options)
    return 0
  } catch (error) {
    process.stderr.write(`\n${(error as Error).stack}\n`)
    return 1
  }
}

async function runAll(options: Options): Promise<void> {
  const pinning = pinLoadGenerator()
  const machine = describeMachine(options, pinning !== null)
  const directory = options.out === null ? join(benchDirectory, "results") : resolve(options.out)
  const summaries: Summary[] = []
  const wanted = scenarioNames.filter((name) => options.scenarios.includes(name))
  for (const [at, name] of wanted.entries()) {
    process.stdout.write(`\n${scenarioTitles[name]} (${at + 1} of ${wanted.length})\n`)
    const fixtures = [await makeFixture(tokenCounts[name] ?? fewTokens)]
    const [fixture] = fixtures as [Fixture]
    const remove = () => {
      for (const one of fixtures) one.remove()
    }
    process.once("exit", remove)
    try {
      const kinds = await kindsOf(options, async (directory) => {
        const made = await (await loadFixtureOf(directory))(tokenCounts[name] ?? fewTokens)
        fixtures.push(made)
        return made
      })
      summaries.push(await measure(name, { options, fixture, kinds, pinning, say }))
    } finally {
      remove()
      process.off("exit", remove)
    }
    // After each: nothing is lost when a later one fails.
    write({ machine, summaries }, { directory, against: options.against })
  }
  const comparison = compareCheckouts(summaries, options.against)
  process.stdout.write(
    `\n\n${writeReport({ machine, summaries })}\n${comparison}\nWritten to ${directory}\n`,
  )
}

/** The servers of a run; `makeFixtureOf` makes what another checkout needs. */
async function kindsOf(
  { extras, isSteady, against }: Options,
  makeFixtureOf: (directory: string) => Promise<Fixture>,
): Promise<readonly ServerKind[]> {
  const all = serverKinds(extras)
  if (!isSteady && against.length === 0) return all
  const names = ["Postern", defaultName]
  const isWanted = (kind: ServerKind) =>
    ["bare", "extra"].includes(kind.role) || names.includes(kind.name) || hasWing(kind)
  const few = all.filter(isWanted)
  if (against.length === 0) return few
  const others: ServerKind[] = []
  for (const directory of against) {
    others.push(checkoutKind(directory, await makeFixtureOf(directory)))
  }
  // Postern's bundle is left out: this checkout stands for it, started as the others are.
  return [...few.filter(({ role }) => role !== "postern"), ownCheckout(), ...others]
}

function measure(name: ScenarioName, run: BenchRun): Promise<Summary> {
  const guarded = guardedCases().find((one) => one.name === name)
  if (guarded !== undefined) return measureGuarded(run, guarded)
  const others: Partial<Record<ScenarioName, (run: BenchRun) => Promise<Summary>>> = {
    ...{ login: measureLogin, flood: measureFlood, refresh: measureRefresh },
    ...{ start: measureStart, memory: measureMemory, wings: measureWings },
    ...{ store: measureStore, verify: measureVerify },
  }
  const found = others[name]
  if (found === undefined) throw new TypeError(`Nobody measures '${name}'`)
  return found(run)
}

function describeMachine(
  { seconds, rounds, connections }: Options,
  pinned: boolean,
): Results["machine"] {
  const cores = cpus()
  return {
    ...{ node: process.version.slice(1), cores: cores.length, system: systemName() },
    processor: cores[0]?.model.trim() || "unknown processor",
    date: new Date().toISOString().slice(0, 10),
    ...{ pinned, seconds, rounds, connections },
  }
}

function write(
  results: Results,
  { directory, against }: { readonly directory: string; readonly against: readonly string[] },
): void {
  const comparison = compareCheckouts(results.summaries, against)
  const report = writeReport(results) + (comparison === "" ? "" : `\n${comparison}`)
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, "results.md"), report)
  writeFileSync(join(directory, "results.svg"), drawChart(results.summaries))
  writeFileSync(join(directory, "results.json"), `${JSON.stringify(results, null, 2)}\n`)
}
