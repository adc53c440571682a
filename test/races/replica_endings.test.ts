// What one replica has ended, the other one refuses with the first request, under load and while
// the connections to the database are cut.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Command } from "../../src/admin/commands.ts"
import { type Connection, insist, openConnection } from "./connection.ts"
import { postgresOfRaces } from "./race_stores.ts"
import type { RestartedService } from "./restarted_service.ts"
import { logIn, looking, payloadOf } from "./shared_session.ts"
import { crowdOf, roundsOf } from "./tally.ts"
import { cutConnections, insistOnCommand, prepareReplicas } from "./two_replicas.ts"

const { skip, server } = await postgresOfRaces()
/** In the 20 rounds of the long form 500 under load, and 500 while connections are cut. */
const endings = crowdOf({ few: 12, many: roundsOf(1) * 25 })
const password = "heftklammer-und-mehr"
const usernames = Array.from({ length: 8 }, (_, index) => `user${index}`)
const loadConnections = crowdOf({ few: 2, many: 4 })

interface Ended {
  readonly username: string
  readonly access: string
  readonly ends: Connection
  readonly service: RestartedService
}

const command = ({ service }: Ended, words: Command) => insistOnCommand(service, words)

/** Ways to end a session, and to make its user as before. */
const ways: readonly ((ended: Ended) => Promise<(() => Promise<unknown>) | null>)[] = [
  async ({ ends, access }) => {
    const { status } = await insist(ends, { method: "POST", path: "/logout", token: access })
    // 401: done before the answer was lost with its connection, and asked for again.
    assert.ok([204, 401].includes(status), `POST /logout: ${status}`)
    return null
  },
  async ({ ends, access, username }) => {
    const other = await insist(ends, {
      ...{ method: "POST", path: "/login", json: { username, password } },
    })
    const path = `/sessions/${payloadOf(access)["sid"]}`
    const token = String(other.body["access_token"])
    const { status } = await insist(ends, { method: "DELETE", path, token })
    assert.ok([204, 404].includes(status), `DELETE ${path}: ${status}`)
    return null
  },
  async (ended) => {
    const { username } = ended
    await command(ended, { command: "user.logout", username })
    return null
  },
  async (ended) => {
    const { username } = ended
    await command(ended, { command: "user.disable", username })
    return () => command(ended, { command: "user.enable", username })
  },
  async (ended) => {
    await command(ended, { command: "user.password", username: ended.username, password })
    return null
  },
  async (ended) => {
    const { username } = ended
    await command(ended, { command: "user.delete", username })
    return async () => {
      await command(ended, { command: "user.release", username })
      await command(ended, { command: "user.add", username, password })
    }
  },
]

for (const isCut of [false, true]) {
  const when = isCut ? "while connections are cut" : "under load"
  test(`no first request on the other replica is accepted after an end, ${when}`, {
    skip,
  }, async (t) => {
    const replicas = await prepareReplicas(t, server, {
      POSTERN_SEED_USERS: [...usernames, "busy"].map((name) => `${name}:${password}`).join(","),
    })
    const { services } = replicas
    for (const service of services) await service.start()
    const load = await startLoad(services)
    const cuts = isCut ? cutConnections(replicas, { everyMillis: 40 }) : null
    t.after(() => Promise.all([load.stop(), cuts?.stop()]))
    let accepted = 0
    for (let round = 0; round < endings; round += 1) {
      const [ends, asks] = round % 2 === 0 ? services : [services[1], services[0]]
      const way = ways[Math.floor(round / 2) % ways.length] ?? assert.fail("no way")
      accepted += await endAndAsk(way, { round, ends, asks })
    }
    const cut = await cuts?.stop()
    const requests = await load.stop()
    assert.equal(accepted, 0)
    assert.ok(requests > endings, `${requests} requests of others`)
    if (isCut) assert.ok((cut ?? 0) > endings / 5, `${cut} connections were cut`)
    t.diagnostic(`${endings} endings, ${requests} requests of others, ${cut ?? 0} cuts`)
    for (const service of services) await service.end("SIGTERM")
  })
}

/** 1 when the other replica accepts the token once more. */
async function endAndAsk(
  way: (typeof ways)[number],
  {
    round,
    ends,
    asks,
  }: {
    readonly round: number
    readonly ends: RestartedService
    readonly asks: RestartedService
  },
): Promise<number> {
  const username = usernames[round % usernames.length] ?? ""
  const session = await logIn(ends.port, { username, password }, 1)
  const [access = ""] = session.accessTokens
  const [ending, asking] = [openConnection(ends.port), openConnection(asks.port)]
  assert.equal((await insist(asking, looking(access))).status, 200, `round ${round}, before`)
  const undo = await way({ username, access, ends: ending, service: ends })
  const { status } = await insist(asking, looking(access))
  assert.ok([200, 401].includes(status), `round ${round}: ${status}`)
  await undo?.()
  for (const one of [ending, asking, ...session.tabs]) one.close()
  return status === 200 ? 1 : 0
}

/** Other clients, who ask without a pause on both replicas. */
async function startLoad(
  services: readonly RestartedService[],
): Promise<{ readonly stop: () => Promise<number> }> {
  let [isOver, requests] = [false, 0]
  const asking = services.map(async ({ port }) => {
    const { accessTokens, tabs } = await logIn(port, { username: "busy", password }, 1)
    const connections = Array.from({ length: loadConnections }, () => openConnection(port))
    await Promise.all(
      connections.map(async (connection) => {
        while (!isOver) {
          const { status } = await insist(connection, looking(accessTokens[0]))
          assert.equal(status, 200)
          requests += 1
        }
      }),
    )
    for (const one of [...connections, ...tabs]) one.close()
  })
  return {
    async stop() {
      isOver = true
      await Promise.all(asking)
      return requests
    },
  }
}
