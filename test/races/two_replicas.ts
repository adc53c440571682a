// Two services over one database, which may be killed at any moment: the database, too.

import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { TestContext } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { Client } from "pg"
import type { Command } from "../../src/admin/commands.ts"
import { askService } from "../../src/admin/socket.ts"
import type { ProcessSettings } from "../support/postern_process.ts"
import type { PostgresServer } from "../support/postgres_server.ts"
import { newDatabase } from "./race_stores.ts"
import { prepareService, type RestartedService } from "./restarted_service.ts"

/** Two services and their database. */
export interface TwoReplicas {
  readonly services: readonly [RestartedService, RestartedService]
  /** The name of the database. */
  readonly database: string
  /** Runs a statement in the database, on a connection of its own. */
  query(text: string, values?: readonly unknown[]): Promise<readonly object[]>
}

const triesMax = 1_000

/** Makes a database, and prepares two services over it; they do not run yet. */
export async function prepareReplicas(
  t: TestContext,
  server: PostgresServer | null,
  settings: ProcessSettings,
): Promise<TwoReplicas> {
  const { host } = server ?? assert.fail("There is no PostgreSQL")
  const { database, settings: ofStore } = await newDatabase(host)
  const shared = { ...ofStore, ...settings }
  return {
    services: [await prepareService(t, shared), await prepareService(t, shared)],
    database,
    query: (text, values) => runIn(host, database, text, values),
  }
}

/** Ends the server and all its processes with SIGKILL; `restart()` starts it again. */
export function killServer({ host }: PostgresServer): void {
  const pid = Number(readFileSync(join(host, "data/postmaster.pid"), "utf8").split("\n")[0])
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")
  for (const one of [pid, ...children.map(Number)]) {
    try {
      process.kill(one, "SIGKILL")
    } catch {
      // It has just ended.
    }
  }
}

/** Has the server end one connection of the services after the other, until told to stop. */
export function cutConnections(
  { query, database }: TwoReplicas,
  { everyMillis }: { readonly everyMillis: number },
): { readonly stop: () => Promise<number> } {
  let [isOver, cuts] = [false, 0]
  const cutting = (async () => {
    while (!isOver) {
      const rows = await query(
        `select pg_terminate_backend(pid) from (
          select pid from pg_stat_activity where datname = $1 and application_name = 'postern'
          order by random() limit 1
        ) one`,
        [database],
      )
      cuts += rows.length
      await wait(everyMillis * Math.random() * 2)
    }
  })()
  return {
    async stop() {
      isOver = true
      await cutting
      return cuts
    },
  }
}

/**
 * Has a service run a command, again and again while the database can't be reached. When an answer
 * was lost, the next try may be refused since it is done.
 */
export async function insistOnCommand(
  { directory }: Pick<RestartedService, "directory">,
  command: Command,
): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const answer = await askService(directory, command).catch(() => null)
    if (answer?.ok) return
    if (answer !== null && answer.code !== "temporarily_unavailable") {
      const isDone = tries > 1 && ["username_taken", "not_found"].includes(answer.code)
      assert.ok(isDone, `${command.command}: ${answer.msg}`)
      return
    }
    assert.ok(tries < triesMax, `${command.command} was never answered`)
    await wait(10)
  }
}

async function runIn(
  host: string,
  database: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly object[]> {
  const client = new Client({ host, user: "postern", database })
  client.on("error", () => {})
  await client.connect()
  const { rows } = await client.query(text, [...values])
  await client.end()
  return rows
}
