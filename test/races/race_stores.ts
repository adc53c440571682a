// The stores that races run on. RACE_STORE names one of them; without it the long form runs
// on both, and `npm test` on the JSON engine, whose races need no other program.

import assert from "node:assert/strict"
import { Client } from "pg"
import type { ProcessSettings } from "../support/postern_process.ts"
import { postgresForTests } from "../support/postgres_server.ts"

/** A store to race on. */
export interface RaceStore {
  /** Its name at the end of a test's name. */
  readonly name: string
  readonly skip: string | false
  /** Settings of a service over a new and empty one. */
  readonly settings: () => Promise<ProcessSettings>
}

const secret = "3Jq0bT5yVd8sLkX1mZ7nRw2cFhG9aUeP6oIiYtKxQvE="
const issuer = "http://localhost:8080"

/** What the services seal their keys under. */
export const sealing = { secret: Buffer.from(secret), issuer }

/** The stores to race on. */
export async function storesOfRaces(): Promise<readonly RaceStore[]> {
  const wanted = wantedStores()
  const json: RaceStore = { name: "JSON", skip: false, settings: async () => ({}) }
  return [
    ...(wanted.includes("json") ? [json] : []),
    ...(wanted.includes("postgres") ? [await postgresStore()] : []),
  ]
}

/** The settings of services over a new database of the tests' cluster, and its name. */
export async function newDatabase(host: string): Promise<{
  readonly database: string
  readonly settings: ProcessSettings
}> {
  const database = `races_${process.hrtime.bigint()}`
  const client = new Client({ host, user: "postern", database: "postgres" })
  await client.connect()
  await client.query(`create database ${database}`)
  await client.end()
  const settings = {
    POSTERN_STORE: `postgres://postern@${encodeURIComponent(host)}/${database}`,
    POSTERN_STORE_SECRET: secret,
    POSTERN_ISSUER: issuer,
  }
  return { database, settings }
}

/** A cluster for the races of replicas, or why they are skipped. */
export async function postgresOfRaces(): ReturnType<typeof postgresForTests> {
  if (process.env["RACE_STORE"] !== "json") return postgresForTests()
  return { skip: "RACE_STORE names another store", server: null, host: "" }
}

async function postgresStore(): Promise<RaceStore> {
  const { skip, host } = await postgresForTests()
  return { name: "PostgreSQL", skip, settings: async () => (await newDatabase(host)).settings }
}

function wantedStores(): readonly string[] {
  const { RACE_STORE: named, RACE_ROUNDS: rounds } = process.env
  if (named === undefined) return rounds === undefined ? ["json"] : ["json", "postgres"]
  assert.match(named, /^(?:json|postgres)$/, "RACE_STORE is json or postgres")
  return [named]
}
