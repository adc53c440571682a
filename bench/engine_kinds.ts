// Postern over each of its engines, as servers to measure: each over a store of its own with the
// same records.

import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { randomName } from "../src/system/random.ts"
import { checkoutKind } from "./checkouts.ts"
import type { FilledDatabase } from "./filled_databases.ts"
import type { Fixture } from "./fixture.ts"
import { postern, type ServerKind } from "./servers.ts"

/** The engine that ratios are of. */
export const jsonName = "JSON"

/** The same once more: how far its ratio is from 1 is the noise. */
export const jsonControlName = "JSON, once more"

interface DatabaseEngine {
  readonly name: string
  readonly stalenessSeconds: number
  readonly replicas: number
}

const databaseEngines: readonly DatabaseEngine[] = [
  { name: "PostgreSQL, strict", stalenessSeconds: 0, replicas: 1 },
  { name: "PostgreSQL, bounded by 1 s", stalenessSeconds: 1, replicas: 1 },
  { name: "PostgreSQL, strict, two replicas", stalenessSeconds: 0, replicas: 2 },
]

/** What the servers are made of. */
export interface EngineParts {
  readonly fixture: Fixture
  /** Other checkouts of Postern, which are measured over PostgreSQL as well. */
  readonly against: readonly string[]
  readonly copyDatabase: (name: string) => Promise<FilledDatabase>
  /** Settings of all engines. */
  readonly environment?: Readonly<Record<string, string>>
}

/** All engines, those of several replicas only where there are so many connections. */
export async function engineKinds(
  { fixture, against, copyDatabase, environment = {} }: EngineParts,
  connections: number,
): Promise<readonly ServerKind[]> {
  const own = databaseEngines
    .filter(({ replicas }) => replicas <= connections)
    .map((engine) => ({ ...engine, checkout: null }))
  const others = against.flatMap((checkout) =>
    own
      .filter(({ replicas }) => replicas === 1)
      .map((engine) => ({ ...engine, name: `${engine.name}, ${checkout}`, checkout })),
  )
  const kinds: ServerKind[] = [jsonName, jsonControlName].map((name) =>
    postern(name, { environment }),
  )
  for (const engine of [...own, ...others]) {
    const database = await copyDatabase(`copy_${randomName().replace(/\W/g, "_").toLowerCase()}`)
    kinds.push(databaseKind(engine, { fixture, database, environment }))
  }
  return kinds
}

function databaseKind(
  {
    name,
    stalenessSeconds,
    replicas,
    checkout,
  }: DatabaseEngine & { readonly checkout: string | null },
  {
    fixture,
    database,
    environment: shared,
  }: Required<Pick<EngineParts, "fixture" | "environment">> & { readonly database: FilledDatabase },
): ServerKind {
  const environment = {
    ...shared,
    POSTERN_STORE: database.url,
    POSTERN_STORE_SECRET: database.secret,
    POSTERN_STALENESS: String(stalenessSeconds),
  }
  const { command, workingDirectory } =
    checkout === null ? postern(name) : checkoutKind(checkout, fixture)
  // Each process has a directory, for its control socket.
  const makeStore = async () => {
    const directory = join(fixture.directory, randomName())
    mkdirSync(directory, { mode: 0o700 })
    return directory
  }
  const kind = postern(name, { environment })
  return { ...kind, command, workingDirectory, replicas, fixture: { ...fixture, makeStore } }
}
