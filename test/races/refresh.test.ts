// Many tabs of many sessions refresh at once, lose answers and repeat them, while the service is
// killed and started again: nobody may be logged out. Then older tokens are replayed, outside the
// window: each must end its session. RACE_ROUNDS says how often; `npm run test:races` runs many.

import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import type { Answer } from "../support/http_client.ts"
import { tokenTrace } from "../support/token_trace.ts"
import { type Connection, insist } from "./connection.ts"
import { type RaceStore, storesOfRaces } from "./race_stores.ts"
import {
  type LoggedEvent,
  onSlowDisk,
  prepareService,
  type RestartedService,
} from "./restarted_service.ts"
import { logIn, looking, refreshing, type SharedSession, useNewest } from "./shared_session.ts"
import { createTally, roundsOf, summary, type Tally } from "./tally.ts"

const rounds = roundsOf(1)
const password = "correct-horse-battery"
const usernames = ["ada", "bert", "cleo"]
/** How many tabs each of a user's sessions has. A single one has nobody to correct it. */
const tabCounts = [1, 2, 4]
const restartsPerRound = 2
const millisOfLife = { least: 100, most: 450 }
/** The window while tabs refresh, by turns: the default, and one that is shorter than a pause. */
const graceSeconds = [30, 2]
const graceSecondsOfReplays = 1
const revoked = { error: "invalid_token", msg: "Token has been revoked" }

/** By turns: which of a session's older tokens is replayed, and whether its owner goes on meanwhile. */
const replays: readonly {
  readonly name: string
  readonly choose: (older: readonly string[]) => string | undefined
  readonly ownerToo: boolean
}[] = [
  { name: "the parent", choose: (older) => older.at(-1), ownerToo: false },
  {
    name: "any older one, while the owner refreshes",
    choose: (older) => older[Math.floor(Math.random() * older.length)],
    ownerToo: true,
  },
  { name: "the first", choose: (older) => older[0], ownerToo: false },
]

async function raceRefreshes(t: TestContext, store: RaceStore): Promise<void> {
  const tally = createTally()
  const service = await prepareService(t, {
    ...(await store.settings()),
    POSTERN_SEED_USERS: usernames.map((name) => `${name}:${password}`).join(","),
  })
  for (let round = 0; round < rounds; round += 1) {
    const grace = graceSeconds[round % graceSeconds.length] ?? 30
    const sessions = await refreshAmidRestarts(service, grace, tally)
    checkFiles(service.directory)
    const replay = replays[round % replays.length] ?? assert.fail("no replay")
    await replayAll(service, sessions, { ...replay, tally })
    for (const { tabs } of sessions) for (const tab of tabs) tab.close()
    tally.rounds += 1
  }
  assert.deepEqual(tally.falseLogouts, [])
  // A busy machine does less of everything.
  assert.ok(tally.refreshes > rounds * 5, summary(tally))
  assert.ok(tally.lostAnswers > rounds * 5, summary(tally))
  assert.ok(tally.overdue < rounds * 5, summary(tally))
  t.diagnostic(summary(tally))
}

async function raceHundred(t: TestContext, store: RaceStore): Promise<void> {
  const tally = createTally()
  const seeds = { POSTERN_SEED_USERS: `ada:${password}` }
  const settings = { ...(await store.settings()), ...seeds, ...onSlowDisk }
  const service = await prepareService(t, settings)
  await service.start()
  const session = await logIn(service.port, { username: "ada", password }, 100)
  const using = useNewest(session, { graceMillis: 30_000, tally, answered: () => {} })
  await wait(Math.random() * 60)
  const before = await service.end()
  await service.start()
  assert.equal(await using, true)
  const events = [...before, ...(await service.end())].map(({ event }) => event)
  assert.deepEqual(tally.falseLogouts, [])
  assert.equal(session.refreshTokens.length, 2)
  assert.ok(tally.refreshes >= 100, summary(tally))
  // None, when it was killed between the write and the line in the log.
  assert.ok(events.filter((event) => event === "session.refreshed").length <= 1)
  assert.ok(!events.includes("session.ended"))
  for (const tab of session.tabs) tab.close()
}

for (const store of await storesOfRaces()) {
  const { name, skip } = store
  test(
    `POST /refresh logs nobody out, whatever is lost, and catches every replay (${name})`,
    {
      skip,
    },
    (t) => raceRefreshes(t, store),
  )
  test(
    `POST /refresh gives a hundred at once one successor, over a kill -9 (${name})`,
    {
      skip,
    },
    (t) => raceHundred(t, store),
  )
}

/** What is on the disk makes no token, and is none. */
function checkFiles(directory: string): void {
  for (const name of readdirSync(directory).filter((name) => !name.endsWith(".sock"))) {
    assert.ok(!tokenTrace.test(readFileSync(join(directory, name), "utf8")), `${name} has a token`)
  }
}

/** Gives the sessions that go on; the service has ended. */
async function refreshAmidRestarts(
  service: RestartedService,
  grace: number,
  tally: Tally,
): Promise<readonly SharedSession[]> {
  const settings = { POSTERN_REFRESH_GRACE: String(grace), ...onSlowDisk }
  await service.start(settings)
  const logins = usernames.flatMap((username) =>
    tabCounts.map((tabs) => logIn(service.port, { username, password }, tabs)),
  )
  const sessions = await Promise.all(logins)
  let answered = () => {}
  const behaviour = { graceMillis: grace * 1000, tally, answered: () => answered() }
  let isOver = false
  const running = sessions.map(async (session) => {
    while (!isOver) if (!(await useNewest(session, behaviour))) return null
    return session
  })
  const left = Promise.all(running)
  // Where something else fails before, that is told.
  left.catch(() => {})
  try {
    for (let life = 0; life < restartsPerRound; life += 1) {
      await wait(millisOfLife.least + Math.random() * (millisOfLife.most - millisOfLife.least))
      // Now and then in order, as an update would: then, too, the last answers may be lost.
      const signal = Math.random() < 0.2 ? "SIGTERM" : "SIGKILL"
      // Often at the moment of an answer: what it says must be on the disk.
      const anAnswer = new Promise<void>((resolve) => {
        answered = resolve
      })
      if (Math.random() < 0.7) await Promise.race([anAnswer, wait(millisOfLife.most)])
      checkLog(await service.end(signal))
      if (signal === "SIGKILL") tally.kills += 1
      await service.start(settings)
    }
    await wait(millisOfLife.least)
  } finally {
    isOver = true
  }
  const remaining = (await left).filter((session) => session !== null)
  checkLog(await service.end())
  tally.kills += 1
  return remaining
}

async function replayAll(
  service: RestartedService,
  sessions: readonly SharedSession[],
  { name, choose, ownerToo, tally }: (typeof replays)[number] & { readonly tally: Tally },
): Promise<void> {
  await service.start({ POSTERN_REFRESH_GRACE: String(graceSecondsOfReplays) })
  const lastUsedAt = Math.max(...sessions.map((session) => session.lastUsedAt))
  // Whole seconds are compared, so only after one more is the window surely closed.
  await wait(lastUsedAt + (graceSecondsOfReplays + 1) * 1000 - performance.now())
  const replaying = sessions.map(async (session) => {
    const older = session.refreshTokens.slice(0, -1)
    const replayed = choose(older) ?? assert.fail(`${session.sid} was never refreshed`)
    const place = `${name} of ${older.length} tokens, session ${session.sid}`
    const given = await Promise.all([
      ...session.tabs.map((tab) => expectRefused(tab, replayed, place)),
      ...(ownerToo ? session.tabs.map((tab) => refreshOnce(tab, session)) : []),
    ])
    const owners = given.filter((tokens) => tokens !== null)
    await expectAllRefused(session, owners, place)
    tally.replaysCaught += older.length
    return { session, owners }
  })
  const replayedSessions = await Promise.all(replaying)
  const events = await service.end()
  checkLog(events)
  for (const { sid, username } of sessions) {
    const own = events.filter(({ session, event }) => session === sid && event !== "request")
    const ends = own.filter(({ event }) => event === "session.reused" || event === "session.ended")
    // The replay was tried by several at once, and is one: the session ended once.
    assert.deepEqual(
      ends.map(({ event, user, reason }) => [event, user, reason]),
      [
        ["session.reused", username, undefined],
        ["session.ended", username, "reused"],
      ],
      `${name}: ${sid}`,
    )
  }
  // It stays so.
  await service.start()
  const looks = replayedSessions.map(({ session, owners }) =>
    expectAllRefused(session, owners, `${name}, after a restart`),
  )
  await Promise.all(looks)
  checkLog(await service.end())
  tally.kills += 2
}

async function expectRefused(tab: Connection, token: string, place: string): Promise<null> {
  assert.deepEqual(await insist(tab, refreshing(token)), { status: 401, body: revoked }, place)
  return null
}

/** The owner's use of the newest token, which may come before the replay or after. */
async function refreshOnce(
  tab: Connection,
  { refreshTokens }: SharedSession,
): Promise<Answer["body"] | null> {
  const { status, body } = await insist(tab, refreshing(refreshTokens.at(-1) ?? ""))
  if (status === 200) return body
  assert.deepEqual({ status, body }, { status: 401, body: revoked })
  return null
}

/** Everything that a session ever gave is refused. */
async function expectAllRefused(
  { tabs, refreshTokens, accessTokens }: SharedSession,
  owners: readonly Answer["body"][],
  place: string,
): Promise<void> {
  const [tab] = tabs
  assert.ok(tab !== undefined)
  const access = [...accessTokens.slice(-5), ...owners.map((body) => body["access_token"])]
  for (const token of access) {
    const answer = await insist(tab, looking(String(token)))
    assert.deepEqual(answer, { status: 401, body: revoked }, `access token, ${place}`)
  }
  const refresh = [...refreshTokens, ...owners.map((body) => body["refresh_token"])]
  for (const token of refresh) await expectRefused(tab, String(token), place)
}

/** No line has a token; none tells of a failure. */
function checkLog(events: readonly LoggedEvent[]): void {
  const text = JSON.stringify(events)
  assert.ok(!tokenTrace.test(text), "a token was logged")
  const failures = events.filter(({ level }) => level === "error")
  assert.deepEqual(failures, [])
}
