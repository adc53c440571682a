// Crowds over two replicas: refreshes of one token, guesses at one account, and keys that are
// rotated while everybody asks.

import assert from "node:assert/strict"
import { test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import type { KeySummary } from "../../src/service/keys.ts"
import { createKeySeal, type KeyRow } from "../../src/store/postgres/key_seal.ts"
import { noticeSeconds } from "../../src/token/keys/key_rotation.ts"
import { localAddress, sendFrom } from "../support/local_clients.ts"
import { insist, openConnection } from "./connection.ts"
import { postgresOfRaces, sealing } from "./race_stores.ts"
import type { RestartedService } from "./restarted_service.ts"
import { logIn, looking, refreshing } from "./shared_session.ts"
import { roundsOf } from "./tally.ts"
import { prepareReplicas, type TwoReplicas } from "./two_replicas.ts"

const { skip, server } = await postgresOfRaces()
const password = "heftklammer-und-mehr"
const rounds = roundsOf(1)
const crowd = 100
const guesses = 400
/** service/limits.ts: wrong passwords of strangers in a row at an account. */
const strangersMax = 70
const rotationsMax = 4

test("100 refreshes at once over two replicas give one successor, which all can use", {
  skip,
}, async (t) => {
  // Another user in each round: an account has a limit of uses.
  const usernames = Array.from({ length: rounds }, (_, round) => `user${round}`)
  const { services, query } = await prepareReplicas(t, server, {
    POSTERN_SEED_USERS: usernames.map((name) => `${name}:${password}`).join(","),
  })
  for (const service of services) await service.start()
  const tabs = Array.from({ length: crowd }, (_, index) =>
    openConnection((services[index % 2] ?? services[0]).port),
  )
  for (const username of usernames) {
    const session = await logIn(services[0].port, { username, password }, 1)
    const refreshToken = session.refreshTokens[0] ?? ""
    const answers = await Promise.all(tabs.map((tab) => insist(tab, refreshing(refreshToken))))
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    const successors = new Set(answers.map(({ body }) => body["refresh_token"]))
    assert.equal(successors.size, 1)
    const text = "select rotations::integer from postern.sessions where username = $1"
    assert.deepEqual(await query(text, [username]), [{ rotations: 1 }])
    const looks = await Promise.all(
      tabs.map((tab, index) => insist(tab, looking(String(answers[index]?.body["access_token"])))),
    )
    assert.deepEqual(new Set(looks.map(({ status }) => status)), new Set([200]))
    for (const tab of session.tabs) tab.close()
  }
  for (const tab of tabs) tab.close()
  const events = [...(await services[0].end("SIGTERM")), ...(await services[1].end("SIGTERM"))]
  const refreshed = events.filter(({ event }) => event === "session.refreshed").length
  assert.equal(refreshed, rounds, "each rotation is in one log, once")
})

test("of 400 wrong passwords at once over two replicas at most 70 are compared", {
  skip,
}, async (t) => {
  const { services, query } = await prepareReplicas(t, server, {
    POSTERN_SEED_USERS: `ada:${password}`,
  })
  for (const service of services) await service.start()
  const logInFrom = async (index: number, tried: string) => {
    const { port } = services[index % 2] ?? services[0]
    const json = { username: "ada", password: tried }
    const sent = { method: "POST", path: "/login", json, address: localAddress(index) }
    return (await sendFrom(port, sent)).status
  }
  const answers = await Promise.all(
    Array.from({ length: guesses }, (_, index) => logInFrom(index, `wrong-password-${index}`)),
  )
  const count = (status: number) => answers.filter((one) => one === status).length
  // 503: the queue for hashes is full, and nothing was compared.
  assert.equal(count(401) + count(429) + count(503), guesses, JSON.stringify(answers))
  const strangers = async () => {
    const rows = await query("select strangers from postern.failed_logins where username = 'ada'")
    return Number((rows[0] as { readonly strangers: number }).strangers)
  }
  // On a busy machine one may be counted and get 503 all the same.
  const counted = await strangers()
  assert.ok(counted >= Math.min(count(401), strangersMax) && counted <= strangersMax, `${counted}`)
  assert.ok(counted <= count(401) + count(503), `${counted}`)
  // A busy machine came to fewer of them: the rest.
  let next = guesses
  for (; (await strangers()) < strangersMax; next += 1) await logInFrom(next, `wrong-${next}`)
  // The right password is not compared any more, on whichever replica.
  for (const index of [next, next + 1]) assert.equal(await logInFrom(index, password), 401)
  assert.equal(await strangers(), strangersMax)
  const events = [...(await services[0].end("SIGTERM")), ...(await services[1].end("SIGTERM"))]
  assert.equal(events.filter(({ event }) => event === "user.locked").length, 1)
  t.diagnostic(`401: ${count(401)}, 429: ${count(429)}, 503: ${count(503)}`)
})

test("a key that one replica rotates signs on both, and no request fails", { skip }, async (t) => {
  const replicas = await prepareReplicas(t, server, {
    POSTERN_SEED_USERS: `ada:${password},bert:${password}`,
  })
  const { services } = replicas
  for (const service of services) await service.start()
  let isOver = false
  let requests = 0
  const failures: string[] = []
  /** The key with which each replica signed last. */
  const signers = new Map<number, string>()
  const working = services.flatMap((service, index) =>
    ["ada", "bert"].map(async (username) => {
      const other = services[1 - index] ?? service
      const { tabs, ...tokens } = await logIn(service.port, { username, password }, 1)
      let {
        accessTokens: [access = ""],
        refreshTokens: [refresh = ""],
      } = tokens
      const there = openConnection(other.port)
      while (!isOver) {
        for (const tab of [...tabs, there]) {
          const { status, body } = await insist(tab, looking(access))
          if (status !== 200) failures.push(`access ${kidOf(access)}: ${status} ${body["msg"]}`)
        }
        const { status, body } = await insist(there, refreshing(refresh))
        if (status !== 200) failures.push(`refresh: ${status} ${body["msg"]}`)
        access = String(body["access_token"])
        refresh = String(body["refresh_token"])
        signers.set(other.port, kidOf(access))
        requests += 3
      }
      for (const tab of [...tabs, there]) tab.close()
    }),
  )
  for (let round = 0; round < Math.min(rounds, rotationsMax); round += 1) {
    const [rotates, other] = round % 2 === 0 ? services : [services[1], services[0]]
    const added = (await rotates.command({ command: "key.rotate" })) as KeySummary
    const published = await kidsOf(other)
    assert.ok(published.includes(added.kid ?? ""), "published on the other at once")
    assert.deepEqual(published, await kidsOf(rotates))
    await wait(200)
    assert.ok(![...signers.values()].includes(added.kid ?? ""), "not before its notice is over")
    await letNoticePass(replicas, added)
    const until = performance.now() + 10_000
    while (services.some(({ port }) => signers.get(port) !== added.kid)) {
      assert.ok(performance.now() < until, "the new key does not sign on both")
      await wait(10)
    }
  }
  isOver = true
  await Promise.all(working)
  assert.deepEqual(failures, [])
  t.diagnostic(`${requests} requests`)
  for (const service of services) await service.end("SIGTERM")
})

/** Dates a new key back, as if its notice were over. */
async function letNoticePass({ query }: TwoReplicas, { kid }: KeySummary): Promise<void> {
  const seal = createKeySeal({ ...sealing, place: "the database" })
  const [row] = await query("select version::float8 as version, sealed from postern.key_set")
  const { version } = row as KeyRow
  const file = JSON.parse(String(seal.open(row as KeyRow).bytes))
  for (const key of file.keys) {
    if (key.jwk.kid === kid) key.signsFrom -= noticeSeconds
  }
  const sealed = seal.seal(Buffer.from(JSON.stringify(file)), version + 1)
  await query("update postern.key_set set version = $1, sealed = $2", [version + 1, sealed])
}

async function kidsOf({ port }: RestartedService): Promise<readonly string[]> {
  const connection = openConnection(port)
  const { body } = await insist(connection, { method: "GET", path: "/.well-known/jwks.json" })
  connection.close()
  return (body["keys"] as { readonly kid: string }[]).map(({ kid }) => kid)
}

function kidOf(token: string): string {
  return String(JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString())["kid"])
}
