// Keys are rotated and retired while clients refresh and ask, and while the service is killed. Only
// access tokens of a retired key are refused, and their sessions can be refreshed.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import type { KeySummary } from "../../src/service/keys.ts"
import { type Connection, insist, openConnection } from "./connection.ts"
import { type RaceStore, storesOfRaces } from "./race_stores.ts"
import { onSlowDisk, prepareService, type RestartedService } from "./restarted_service.ts"
import { logIn, looking, refreshing, type SharedSession } from "./shared_session.ts"
import { roundsOf } from "./tally.ts"

const rounds = roundsOf(1)
const furtherRounds = 20
const password = "correct-horse-battery"
const usernames = ["ada", "bert", "cleo"]
const cacheSeconds = 300
const millisUntilKill = 30
const millisOfLoad = 60

/** Clients at work, and what an operator did so far. */
interface Load {
  readonly service: RestartedService
  readonly connection: Connection
  /** Keys that were told to go, whether or not it is known that they did. */
  readonly retired: Set<string>
  /** What was refused and should not have been. */
  readonly failures: string[]
  requests: number
  refused: number
  isOver: boolean
}

for (const store of await storesOfRaces()) {
  const { name, skip } = store
  test(
    `keys are rotated and retired under load and kills, and no session ends (${name})`,
    {
      skip,
    },
    (t) => raceRotations(t, store),
  )
}

async function raceRotations(t: TestContext, store: RaceStore): Promise<void> {
  const seeds = usernames.map((name) => `${name}:${password}`).join(",")
  const service = await prepareService(t, {
    ...(await store.settings()),
    ...{ POSTERN_SEED_USERS: seeds, ...onSlowDisk },
  })
  await service.start()
  const connection = openConnection(service.port)
  const load: Load = {
    ...{ service, connection, retired: new Set(), failures: [] },
    ...{ requests: 0, refused: 0, isOver: false },
  }
  const logins = usernames.map((username) => logIn(service.port, { username, password }, 1))
  const sessions = await Promise.all(logins)
  const working = sessions.map((session) => askAndRefresh(session, load))
  // Whether a client asks in the moment after a retirement is chance: until one has.
  const isOpen = (round: number) => load.refused === 0 && round < rounds + furtherRounds
  for (let round = 0; round < rounds || isOpen(round); round += 1) {
    await rotateAndRetire(load)
    await killAmid(load, "rotate")
    await killAmid(load, "retire")
  }
  load.isOver = true
  await Promise.all(working)
  assert.deepEqual(load.failures, [])
  assert.ok(load.refused > 0, "no token of a retired key was met")
  await retireRefreshKey(load, sessions)
  connection.close()
  for (const { tabs } of sessions) for (const tab of tabs) tab.close()
  t.diagnostic(
    `${rounds} rounds, ${load.requests} requests, ${load.refused} tokens of retired keys refused, ` +
      `${load.retired.size} keys retired, ${load.failures.length} failures`,
  )
}

/** A client that asks with its access token, and refreshes it now and then or when it must. */
async function askAndRefresh(session: SharedSession, load: Load): Promise<void> {
  const { tabs, refreshTokens, accessTokens, username } = session
  const tab = tabs[0] ?? assert.fail("no tab")
  while (!load.isOver) {
    const access = accessTokens.at(-1) ?? ""
    load.requests += 1
    const looked = await insist(tab, looking(access))
    if (looked.status === 401 && load.retired.has(kidOf(access))) load.refused += 1
    else if (looked.status !== 200) load.failures.push(`${username}: access ${looked.status}`)
    // Mostly asking: a client that waits for a refresh meets no retired key.
    else if (Math.random() < 0.9) continue
    const { status, body } = await insist(tab, refreshing(refreshTokens.at(-1) ?? ""))
    if (status !== 200) {
      load.failures.push(`${username}: refresh ${status} ${body["msg"]}`)
      return
    }
    refreshTokens.push(String(body["refresh_token"]))
    accessTokens.push(String(body["access_token"]))
    const kid = kidOf(String(body["access_token"]))
    const isPublished = (await publishedKids(load)).includes(kid)
    if (!isPublished && !load.retired.has(kid)) load.failures.push(`${kid} is not published`)
  }
}

/** In order: what was added is published at once and signs when the signing one is retired. */
async function rotateAndRetire(load: Load): Promise<void> {
  const { service } = load
  const before = keyOf(await listKeys(service), "signing")
  const waiting = (await listKeys(service)).find(({ state }) => state === "waiting")
  const asked = Math.floor(Date.now() / 1000)
  const added = waiting ?? ((await service.command({ command: "key.rotate" })) as KeySummary)
  assert.equal(added.state, "waiting")
  if (waiting === undefined) assert.ok((added.signsFrom ?? 0) >= asked + cacheSeconds)
  assert.deepEqual((await publishedKids(load)).slice(-2), [before.kid, added.kid])
  await wait(millisOfLoad)
  assert.equal(keyOf(await listKeys(service), "signing").kid, before.kid)

  load.retired.add(before.kid ?? "")
  await service.command({ command: "key.retire", kid: before.kid ?? "" })
  const kids = await publishedKids(load)
  assert.ok(!kids.includes(before.kid ?? "") && kids.at(-1) === added.kid)
  await service.end()
  await service.start()
  assert.deepEqual(await publishedKids(load), kids)
  assert.equal(keyOf(await listKeys(service), "signing").kid, added.kid)
  await wait(millisOfLoad)
}

/** A crash at that moment: what was answered is done, what was not is done or not. */
async function killAmid(load: Load, verb: "rotate" | "retire"): Promise<void> {
  const { service, retired } = load
  const before = await publishedKids(load)
  const kid = keyOf(await listKeys(service), "signing").kid ?? ""
  if (verb === "retire") retired.add(kid)
  const isWaiting = (await listKeys(service)).some(({ state }) => state === "waiting")
  if (verb === "rotate" && isWaiting) return
  const word = verb === "retire" ? { kid } : {}
  const asked = service.command({ command: `key.${verb}`, ...word })
  await wait(Math.random() * millisUntilKill)
  await service.end()
  const isKnown = (await asked) !== null
  await service.start()
  const after = await publishedKids(load)
  const kept = verb === "retire" ? before.filter((one) => one !== kid) : before
  assert.deepEqual(
    after.filter((one) => before.includes(one) && (one !== kid || verb === "rotate")),
    kept,
  )
  if (isKnown && verb === "retire") assert.ok(!after.includes(kid), "a retired key came back")
  if (isKnown && verb === "rotate") assert.equal(after.length, before.length + 1)
  await wait(millisOfLoad)
}

/** Everybody has to log in again, and that stays so; access tokens go on until they expire. */
async function retireRefreshKey(
  { service, connection }: Load,
  sessions: readonly SharedSession[],
): Promise<void> {
  await service.command({ command: "key.retire", kid: "refresh" })
  await service.end()
  await service.start()
  for (const { refreshTokens, username } of sessions) {
    for (const token of refreshTokens.slice(-2)) {
      assert.deepEqual(
        await insist(connection, refreshing(token)),
        { status: 401, body: { error: "invalid_token", msg: "Invalid token" } },
        username,
      )
    }
  }
  const again = await logIn(service.port, { username: "ada", password }, 1)
  const { status } = await insist(connection, refreshing(again.refreshTokens[0] ?? ""))
  assert.equal(status, 200)
  for (const tab of again.tabs) tab.close()
}

async function listKeys(service: RestartedService): Promise<readonly KeySummary[]> {
  return (await service.command({ command: "key.list" })) as readonly KeySummary[]
}

function keyOf(keys: readonly KeySummary[], state: KeySummary["state"]): KeySummary {
  return keys.find((key) => key.state === state) ?? assert.fail(`no key is ${state}`)
}

async function publishedKids({ connection }: Pick<Load, "connection">): Promise<string[]> {
  const { status, body } = await insist(connection, {
    method: "GET",
    path: "/.well-known/jwks.json",
  })
  assert.equal(status, 200)
  return (body["keys"] as { kid: string }[]).map(({ kid }) => kid)
}

function kidOf(token: string): string {
  const header = Buffer.from(token.split(".")[0] ?? "", "base64url").toString()
  return String(JSON.parse(header).kid)
}
