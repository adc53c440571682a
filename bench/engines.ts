// Postern's engines beside each other: the JSON engine, and PostgreSQL, whose view is strict or
// bounded by a second, with one replica and with two. Says how much processor time a request takes
// in the service and in PostgreSQL.

import { cpus } from "node:os"
import type { BenchRun } from "./bench_run.ts"
import { measureEngines, sessionsFor } from "./engine_cases.ts"
import { engineKinds } from "./engine_kinds.ts"
import { type EngineOptions, engineHelp, readEngineOptions } from "./engine_options.ts"
import { measureEngineStarts } from "./engine_starts.ts"
import { createDatabases } from "./filled_databases.ts"
import { makeFixture, userCount } from "./fixture.ts"
import {
  findPostgres,
  type PostgresCluster,
  postgresMissing,
  startPostgres,
} from "./postgres_cluster.ts"
import { say } from "./progress.ts"
import { writeSection } from "./report.ts"
import { type Pinning, pinLoadGenerator } from "./running_server.ts"
import { verifySettings } from "./verify.ts"

// So that what was started, and its files, end as well.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1))
process.exitCode = await main(process.argv.slice(2))

async function main(words: readonly string[]): Promise<number> {
  const reading = readEngineOptions(words)
  if ("help" in reading) {
    process.stdout.write(engineHelp)
    return 0
  }
  if ("mistake" in reading) {
    process.stderr.write(`${reading.mistake}\nSee npm --prefix bench run engines -- --help\n`)
    return 2
  }
  if (findPostgres() === null) {
    process.stderr.write(`${postgresMissing}\n`)
    return 1
  }
  const pinning = pinLoadGenerator()
  const cluster = await startPostgres(pinning)
  try {
    await measureAll(reading.options, { cluster, pinning })
    return 0
  } catch (error) {
    process.stderr.write(`\n${(error as Error).stack}\n`)
    return 1
  } finally {
    await cluster.stop()
  }
}

async function measureAll(
  { cases, connections, ...rest }: EngineOptions,
  { cluster, pinning }: { readonly cluster: PostgresCluster; readonly pinning: Pinning | null },
): Promise<void> {
  const { rounds, seconds, against } = rest
  const sessions = cases.includes("logout")
    ? sessionsFor({ rounds, connections: Math.max(...connections) })
    : userCount
  const fixture = await makeFixture(sessions)
  process.once("exit", fixture.remove)
  const copyDatabase = await createDatabases(cluster, fixture.records)
  const { POSTERN_ISSUER: issuer } = verifySettings
  const copyForVerify = cases.includes("verify")
    ? await createDatabases(cluster, fixture.records, issuer)
    : copyDatabase
  process.stdout.write(`\n${describe(cluster, { rounds, seconds })}\n`)
  for (const name of cases) {
    for (const count of name === "start" ? [1] : connections) {
      const special = { copyDatabase: copyForVerify, environment: verifySettings }
      const parts = { fixture, against, ...(name === "verify" ? special : { copyDatabase }) }
      const kinds = await engineKinds(parts, count)
      const options = { rounds, seconds, connections: count, isSteady: false }
      const run: BenchRun = { options, fixture, kinds, pinning, say }
      const summary = await (name === "start"
        ? measureEngineStarts(run)
        : measureEngines(run, name, cluster))
      process.stdout.write(`\n\n${writeSection(summary)}`)
    }
  }
}

function describe(
  { version }: PostgresCluster,
  { rounds, seconds }: Pick<EngineOptions, "rounds" | "seconds">,
): string {
  const { length } = cpus()
  return [
    `Node ${process.version.slice(1)}, ${version}, ${length} cores. The load generator has the last core, and all the others share the rest.`,
    `${rounds} rounds of ${seconds} s for each engine, in rotating order. A ratio is the median of the ratios of the rounds, least and most in brackets.`,
  ].join("\n")
}
