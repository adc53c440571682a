// Logouts, new passwords and disabled users while clients refresh and the service is killed. An
// answered change stays done. A change without an answer is done whole or not at all.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import type { Command } from "../../src/admin/commands.ts"
import type { Answer } from "../support/http_client.ts"
import { type Connection, insist, openConnection } from "./connection.ts"
import { type RaceStore, storesOfRaces } from "./race_stores.ts"
import { onSlowDisk, prepareService, type RestartedService } from "./restarted_service.ts"
import { logIn, looking, refreshing, type SharedSession } from "./shared_session.ts"
import { roundsOf } from "./tally.ts"

const rounds = roundsOf(1)
const password = "correct-horse-battery"
const nextPassword = "heftklammer-und-mehr"
const millisUntilEnding = 40
const millisUntilKill = 1000
const revoked = { status: 401, msg: "Token has been revoked" }

/** A user with two sessions, of which `first` ends something while it is refreshed. */
interface Person {
  readonly username: string
  readonly first: SharedSession
  readonly second: SharedSession
}

/** How something ends, and what of it is to be seen after the next start. */
interface Way {
  readonly name: string
  /** Asks for it once; true when it was answered that it is done. */
  readonly end: (person: Person, service: RestartedService) => Promise<boolean>
  /** Which of the two sessions end by it. */
  readonly ends: { readonly first: boolean; readonly second: boolean }
  /** What POST /login answers, to the old password and the new, once it is done. */
  readonly logins: readonly [old: number, next: number]
}

const ways: readonly Way[] = [
  {
    name: "POST /logout, with an access token",
    end: ({ first }) => ask(first, { method: "POST", path: "/logout", token: newestAccess(first) }),
    ends: { first: true, second: false },
    logins: [200, 401],
  },
  {
    name: "POST /logout, with a refresh token",
    end: ({ first }) =>
      ask(first, { ...refreshing(first.refreshTokens[0] ?? ""), path: "/logout" }),
    ends: { first: true, second: false },
    logins: [200, 401],
  },
  {
    name: "DELETE /sessions",
    end: ({ first }) =>
      ask(first, { method: "DELETE", path: "/sessions", token: freshAccess(first) }),
    ends: { first: false, second: true },
    logins: [200, 401],
  },
  {
    name: "DELETE /sessions/{sid}",
    end: ({ first, second }) =>
      ask(first, {
        method: "DELETE",
        path: `/sessions/${second.sid}`,
        token: freshAccess(first),
      }),
    ends: { first: false, second: true },
    logins: [200, 401],
  },
  {
    name: "POST /password",
    end: ({ first }) =>
      ask(first, {
        method: "POST",
        path: "/password",
        token: first.accessTokens[0],
        json: { current: password, new: nextPassword },
      }),
    ends: { first: true, second: true },
    logins: [401, 200],
  },
  {
    name: "postern user password",
    end: ({ username }, service) =>
      command(service, { command: "user.password", username, password: nextPassword }),
    ends: { first: true, second: true },
    logins: [401, 200],
  },
  {
    name: "postern user disable",
    end: ({ username }, service) => command(service, { command: "user.disable", username }),
    ends: { first: true, second: true },
    logins: [401, 401],
  },
  {
    name: "postern user logout",
    end: ({ username }, service) => command(service, { command: "user.logout", username }),
    ends: { first: true, second: true },
    logins: [200, 401],
  },
  {
    name: "postern user delete",
    end: ({ username }, service) => command(service, { command: "user.delete", username }),
    ends: { first: true, second: true },
    logins: [401, 401],
  },
]

async function raceEndings(t: TestContext, store: RaceStore): Promise<void> {
  let answered = 0
  const seeds = ways.map((_, index) => `user${index}:${password}`).join(",")
  for (let round = 0; round < rounds; round += 1) {
    const settings = { ...(await store.settings()), POSTERN_SEED_USERS: seeds }
    const service = await prepareService(t, settings)
    await service.start(onSlowDisk)
    const people = await Promise.all(ways.map((_, index) => createPerson(service, index)))
    const killing = killAtAnswer(Math.ceil(Math.random() * ways.length))
    const ending = ways.map((way, index) =>
      endAmidRefreshes(way, at(people, index), { service, answered: killing.answered }),
    )
    await killing.reached
    await service.end()
    const known = await Promise.all(ending)
    answered += known.filter((done) => done).length
    await service.start()
    for (const [index, way] of ways.entries()) {
      await checkOutcome(way, { person: at(people, index), isDone: at(known, index), service })
    }
    await service.end()
    for (const { first, second } of people) {
      for (const tab of [...first.tabs, ...second.tabs]) tab.close()
    }
  }
  t.diagnostic(`${rounds} rounds, ${answered} of ${rounds * ways.length} endings answered in time`)
}

for (const store of await storesOfRaces()) {
  const { name, skip } = store
  test(
    `no logout, new password or disabled user that was answered is undone by a crash (${name})`,
    {
      skip,
    },
    (t) => raceEndings(t, store),
  )
}

async function createPerson(service: RestartedService, index: number): Promise<Person> {
  const credentials = { username: `user${index}`, password }
  const first = await logIn(service.port, credentials, 2)
  const second = await logIn(service.port, credentials, 1)
  return { username: credentials.username, first, second }
}

/** The moment at which so many endings were answered, or when it takes too long. */
function killAtAnswer(count: number): { answered(): void; readonly reached: Promise<void> } {
  let left = count
  let reach = () => {}
  const reached = new Promise<void>((resolve) => {
    reach = resolve
  })
  return {
    answered() {
      left -= 1
      if (left === 0) reach()
    },
    reached: Promise.race([reached, wait(millisUntilKill)]),
  }
}

/** True when the ending was answered. The first session refreshes until it can't any more. */
async function endAmidRefreshes(
  { end }: Way,
  person: Person,
  { service, answered }: { readonly service: RestartedService; readonly answered: () => void },
): Promise<boolean> {
  const refreshes = refreshUntilOver(person.first)
  await wait(Math.random() * millisUntilEnding)
  const isDone = await end(person, service)
  if (isDone) answered()
  // What is answered afterwards was given before, or the checks below find that it works.
  await refreshes
  return isDone
}

async function refreshUntilOver({
  tabs,
  refreshTokens,
  accessTokens,
}: SharedSession): Promise<void> {
  const [, tab] = tabs
  for (;;) {
    const answer = await (tab ?? assert.fail("no tab")).send(refreshing(refreshTokens.at(-1) ?? ""))
    if (typeof answer === "string" || answer.status !== 200) return
    refreshTokens.push(String(answer.body["refresh_token"]))
    accessTokens.push(String(answer.body["access_token"]))
  }
}

async function checkOutcome(
  { name, ends, logins }: Way,
  {
    person,
    isDone,
    service,
  }: { readonly person: Person; readonly isDone: boolean; readonly service: RestartedService },
): Promise<void> {
  const { username, first, second } = person
  const connection = openConnection(service.port)
  const alive = { first: await isAlive(first, name), second: await isAlive(second, name) }
  const found = [
    await logInStatus(connection, { username, password }),
    await logInStatus(connection, { username, password: nextPassword }),
  ]
  connection.close()
  const done = { alive: { first: !ends.first, second: !ends.second }, found: logins }
  const undone = { alive: { first: true, second: true }, found: [200, 401] }
  const outcome = { alive, found }
  if (isDone) assert.deepEqual(outcome, done, `${name} was answered`)
  else
    assert.ok(
      [done, undone].some((one) => isSame(one, outcome)),
      `${name}, half: ${text()}`,
    )

  function text(): string {
    return JSON.stringify(outcome)
  }
}

/** Whether a session goes on, on which everything that it gave has to agree. */
async function isAlive(
  { tabs, refreshTokens, accessTokens }: SharedSession,
  name: string,
): Promise<boolean> {
  const tab = tabs[0] ?? assert.fail("no tab")
  const answers: Answer[] = []
  for (const token of new Set([accessTokens[0], ...accessTokens.slice(-3)])) {
    answers.push(await insist(tab, looking(token)))
  }
  answers.push(await insist(tab, refreshing(refreshTokens.at(-1) ?? "")))
  const found = answers.map(({ status, body }) => ({ status, msg: body["msg"] }))
  const isOver = found[0]?.status === 401
  const expected = isOver ? revoked : { status: 200, msg: undefined }
  assert.deepEqual(
    found,
    found.map(() => expected),
    name,
  )
  return !isOver
}

async function logInStatus(
  connection: Connection,
  credentials: { readonly username: string; readonly password: string },
): Promise<number> {
  const login = { method: "POST", path: "/login", json: credentials } as const
  return (await insist(connection, login)).status
}

async function ask(
  { tabs }: SharedSession,
  outgoing: Parameters<Connection["send"]>[0],
): Promise<boolean> {
  const answer = await (tabs[0] ?? assert.fail("no tab")).send(outgoing)
  if (typeof answer === "string") return false
  assert.ok(answer.status === 204 || answer.status === 200, JSON.stringify(answer))
  return true
}

async function command(service: RestartedService, words: Command): Promise<boolean> {
  return (await service.command(words)) !== null
}

function newestAccess({ accessTokens }: SharedSession): string {
  return accessTokens.at(-1) ?? ""
}

/** That of the login. */
function freshAccess({ accessTokens }: SharedSession): string {
  return accessTokens[0] ?? ""
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function at<T>(list: readonly T[], index: number): T {
  return list[index] ?? assert.fail("there is none")
}
