// What the tests of `postern backup` and `postern restore` share: places with something to back up,
// and commands in the process of the test.

import assert from "node:assert/strict"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import type { TestContext } from "node:test"
import { runCommandLine } from "../../src/cli/command_line.ts"
import type { LongAnswers } from "../../src/service/long_answers.ts"
import { openControlDirectory } from "../support/control_directory.ts"
import { createFakeTerminal, type FakeTerminal, pipedInput } from "../support/fake_terminal.ts"
import { setUp } from "../support/set_up.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { createTestService } from "../support/test_service.ts"

const password = "korrekt-pferd-batterie"
const value = { postern: "1.2.3", madeAt: 1_795_447_800, counts: {}, hasKeys: true }

/** How a command ended. */
export interface Ran {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Settings of a store in PostgreSQL, where nobody listens. */
export const databaseSettings = {
  POSTERN_STORE: "postgres://u@127.0.0.1:1/d",
  POSTERN_STORE_SECRET: "3Jq0bT5yVd8sLkX1mZ7nRw2cFhG9aUeP6oIiYtKxQvE=",
  POSTERN_ISSUER: "http://localhost:8080",
}

/** Runs a command at a terminal, which `change` may change. */
export async function run(
  words: readonly string[],
  environment: Record<string, string>,
  change: (terminal: FakeTerminal) => FakeTerminal = (terminal) => terminal,
): Promise<Ran> {
  const terminal = change(createFakeTerminal({ ...environment }, pipedInput(password)))
  const exitCode = await runCommandLine(words, terminal)
  return { exitCode, stdout: terminal.stdout(), stderr: terminal.stderr() }
}

/** A data directory with the user carol, and a place for backups. */
export async function placeOfCarol(t: TestContext) {
  const [data, backups] = [join(temporaryDirectory(t), "data"), temporaryDirectory(t)]
  const settings = { POSTERN_DATA_DIR: await setUp(data) }
  assert.equal((await run(["user", "add", "carol"], settings)).exitCode, 0)
  return { data, backups, settings, file: join(backups, "monday.json") }
}

/** A service that runs, with the users alice and bob. */
export async function placeOfService(t: TestContext, longAnswers?: Partial<LongAnswers>) {
  const service = await createTestService(t)
  await service.logIn("alice", "wonderland")
  service.log.takeAudit()
  const parts = { ...service, log: service.log.log }
  const own =
    longAnswers === undefined ? {} : { longAnswers: async () => longAnswers as LongAnswers }
  const data = await openControlDirectory(t, { ...parts, ...own })
  const backups = temporaryDirectory(t)
  const file = join(backups, "monday.json")
  return { service, data, backups, settings: { POSTERN_DATA_DIR: data }, file }
}

/** What a service answers that gives these pieces. */
export function giving(pieces: () => AsyncIterable<Uint8Array>): Partial<LongAnswers> {
  return { backup: async () => ({ value, pieces: pieces() }) }
}

/** A backup of a service with alice, who has two sessions, and bob; and a place to restore it to. */
export async function backedUp(t: TestContext) {
  const service = await createTestService(t, { generated: true })
  await service.logIn("alice", "wonderland")
  await service.logIn("alice", "wonderland")
  await service.call("POST", "/login", { json: { username: "bob", password: "wrong" } })
  const file = join(temporaryDirectory(t), "monday.json")
  const given = await service.store.backup({ postern: "1.2.3", madeAt: service.clock.now() })
  const pieces: Uint8Array[] = []
  for await (const piece of given?.chunks ?? assert.fail()) pieces.push(piece)
  writeFileSync(file, Buffer.concat(pieces), { mode: 0o600 })
  const data = join(temporaryDirectory(t), "data")
  return { service, file, data, settings: { POSTERN_DATA_DIR: data } }
}
