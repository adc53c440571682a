// The database and the replicas are killed, again and again, under clients that log in, refresh,
// log out and change their passwords on whichever replica answers: what was answered stays so,
// nobody is logged out, and everything comes back by itself.

import assert from "node:assert/strict"
import { test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import type { PostgresServer } from "../support/postgres_server.ts"
import { openConnection } from "./connection.ts"
import { postgresOfRaces } from "./race_stores.ts"
import { crowdOf, roundsOf } from "./tally.ts"
import { TravellingClient } from "./travelling_client.ts"
import { cutConnections, killServer, prepareReplicas, type TwoReplicas } from "./two_replicas.ts"

const { skip, server } = await postgresOfRaces()
const rounds = crowdOf({ few: 2, many: roundsOf(1) * 3 })
const password = "heftklammer-und-mehr"
const usernames = Array.from({ length: 6 }, (_, index) => `user${index}`)
const backMillisMax = 15_000

/** What is killed in a round; it is there again when the promise is fulfilled. */
const disasters: readonly ((replicas: TwoReplicas, server: PostgresServer) => Promise<void>)[] = [
  async (_, server) => {
    killServer(server)
    await wait(Math.random() * 1500)
    await server.restart()
  },
  async ({ services }) => {
    const service = services[Math.random() < 0.5 ? 0 : 1]
    await service.end()
    await service.start()
  },
  async ({ services: [one, other] }, server) => {
    await one.end()
    killServer(server)
    // It starts while there is no database, and waits.
    const started = one.start()
    await wait(Math.random() * 500)
    await Promise.all([other.end(), server.restart()])
    await Promise.all([started, other.start()])
  },
  async (replicas) => {
    const cuts = cutConnections(replicas, { everyMillis: 5 })
    await wait(500)
    await cuts.stop()
  },
  async (_, server) => server.restart(),
]

test("nothing that was answered is lost, and nobody is logged out, while all is killed in turn", {
  skip,
}, async (t) => {
  const running = server ?? assert.fail("There is no PostgreSQL")
  const replicas = await prepareReplicas(t, server, {
    POSTERN_SEED_USERS: usernames.map((name) => `${name}:${password}`).join(","),
  })
  const { services } = replicas
  for (const service of services) await service.start()
  const ports = services.map(({ port }) => port)
  const clients = usernames.map((username) => new TravellingClient(ports, { username, password }))
  const working = Promise.all(clients.map((client) => client.work()))
  let isFailed = false
  working.catch(() => {
    isFailed = true
  })
  for (let round = 0; round < rounds && !isFailed; round += 1) {
    await wait(300 + Math.random() * 300)
    const disaster = disasters[round % disasters.length] ?? assert.fail("no disaster")
    await disaster(replicas, running)
    await Promise.all(ports.map(isReadyAgain))
  }
  await Promise.all(clients.map((client) => client.stop()))
  await working
  for (const client of clients) await client.check()
  t.diagnostic(`${rounds} disasters; ${summary(clients)}`)
  for (const service of services) await service.end("SIGTERM")
})

async function isReadyAgain(port: number): Promise<void> {
  const connection = openConnection(port)
  const began = performance.now()
  for (;;) {
    const answer = await connection.send({ method: "GET", path: "/readyz" })
    if (typeof answer !== "string" && answer.status === 200) break
    assert.ok(performance.now() - began < backMillisMax, `${port} does not come back`)
    await wait(20)
  }
  connection.close()
}

function summary(clients: readonly TravellingClient[]): string {
  const sums = new Map<string, number>()
  for (const { counts } of clients) {
    for (const [name, count] of counts) sums.set(name, (sums.get(name) ?? 0) + count)
  }
  return [...sums].map(([name, count]) => `${count} ${name}`).join(", ")
}
