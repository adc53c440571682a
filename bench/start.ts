// How long a server takes from the start of its process to the first 200 for a guarded GET, and how
// much memory it has some seconds later. One server runs at a time.

import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { answerOfPostern, type BenchRun, naming, processorMicrosOf, start } from "./bench_run.ts"
import { usernameOf } from "./fixture.ts"
import { checkGuarded, guardedQuestion } from "./guarded.ts"
import { rootDirectory } from "./places.ts"
import { memoryOf } from "./process_gauge.ts"
import { orderOfRound } from "./rotation.ts"
import { untilAnswer } from "./running_server.ts"
import { scenarioTitles } from "./scenario_names.ts"
import {
  controlName,
  defaultName,
  floorName,
  hasWing,
  postern,
  type ServerKind,
} from "./servers.ts"
import { type Sample, type Summary, summarize } from "./summary.ts"

const idleMillis = 3000
const starts = 7
const inRoot = { cwd: rootDirectory }

/** Measures starts. */
export async function measureStart(run: BenchRun): Promise<Summary> {
  const isInstalled = existsSync(join(rootDirectory, "node_modules/esbuild"))
  const fromClone = isInstalled ? [postern("Postern from a clone", { fromClone: true })] : []
  const kinds = [...plainKinds(run), ...fromClone]
  // The first command after an installation or a change makes what the later ones start from.
  if (isInstalled) spawnSync(process.execPath, ["bin/postern.js", "--version"], inRoot)
  const samples = await startInTurn(run, kinds, { rounds: starts, idleMillis: 0 })
  const missing = isInstalled ? "" : " From a clone: not measured, run `npm ci` in the root first."
  return summarize(
    samples,
    {
      ...{ name: "start", title: scenarioTitles.start, floor: floorName, control: controlName },
      ...{ ratioOf: "millis", lessIsBetter: true },
      columns: [
        { key: "millis", head: "ms", digits: 0 },
        { key: "work", head: "CPU ms", digits: 0 },
      ],
      notes: [
        `${starts} starts of each. Postern opens a store of 2,000 users and their sessions, which the others have in a plain JSON file.${missing}`,
      ],
    },
    kinds.map(({ name }) => name),
  )
}

/** Measures memory. */
export async function measureMemory(run: BenchRun): Promise<Summary> {
  const kinds = plainKinds(run)
  const samples = await startInTurn(run, kinds, { rounds: 1, idleMillis })
  return summarize(
    samples,
    {
      ...{ name: "memory", title: scenarioTitles.memory, floor: floorName, control: controlName },
      ...{ ratioOf: "resident", lessIsBetter: true },
      columns: [
        { key: "resident", head: "resident MiB", digits: 1 },
        { key: "anonymous", head: "of them anonymous", digits: 1 },
      ],
      notes: [`${idleMillis / 1000} seconds after the first answer, once.`],
    },
    kinds.map(({ name }) => name),
  )
}

/** Measures what each wing adds to a start and to the memory. */
export async function measureWings(run: BenchRun): Promise<Summary> {
  const [floor, control] = [defaultName, `${defaultName}, once more`]
  const plain = [floor, control].map((name) => postern(name, { profile: "published" }))
  const kinds = [...plain, ...run.kinds.filter(hasWing)]
  const samples = await startInTurn(run, kinds, { rounds: starts, idleMillis })
  return summarize(
    samples,
    {
      ...{ name: "wings", title: scenarioTitles.wings, floor, control },
      ...{ ratioOf: "resident", lessIsBetter: true },
      columns: [
        { key: "resident", head: "resident MiB", digits: 1 },
        { key: "millis", head: "ms to the first answer", digits: 0 },
        { key: "work", head: "CPU ms", digits: 0 },
      ],
      notes: [
        `${starts} starts of each; the memory ${idleMillis / 1000} seconds after the first answer. Nobody uses the wings meanwhile.`,
      ],
    },
    kinds.map(({ name }) => name),
  )
}

/** Those that differ in what they start. */
function plainKinds({ kinds }: BenchRun): readonly ServerKind[] {
  return kinds.filter(({ isVariant }) => !isVariant)
}

/** Starts servers one after the other, and waits for the first 200 of each. */
export async function startInTurn(
  run: BenchRun,
  kinds: readonly ServerKind[],
  { rounds, idleMillis }: { readonly rounds: number; readonly idleMillis: number },
): Promise<readonly Sample[]> {
  const questionOf = ({ fixture = run.fixture, profile = "shared" }: Partial<ServerKind>) =>
    guardedQuestion(fixture.tokens[profile][0] ?? null)
  const answer = await answerOfPostern(run, questionOf({}))
  const samples: Sample[] = []
  for (let round = 0; round < rounds; round += 1) {
    for (const kind of orderOfRound(kinds, round)) {
      const server = await start(run, kind, answer)
      const question = questionOf(kind)
      try {
        const millis = await naming(kind.name, () => untilAnswer(server, question))
        const work = processorMicrosOf(server) / 1000
        await checkGuarded(server, question, { status: 200, username: usernameOf(0) })
        if (idleMillis > 0) await wait(idleMillis)
        const { resident, anonymous } = memoryOf(server.pid)
        samples.push({ server: kind.name, round, numbers: { millis, work, resident, anonymous } })
      } finally {
        await server.stop()
      }
      run.say(`start ${round + 1} of ${rounds}: ${kind.name}`)
    }
  }
  return samples
}
