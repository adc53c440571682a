// A client that sends each request to whichever replica answers, and knows what has to be true:
// what its sessions and its password are, and which tokens must never work again.

import assert from "node:assert/strict"
import type { Answer } from "../support/http_client.ts"
import { isFinal, type Outgoing, openConnection, pause } from "./connection.ts"
import { looking, refreshing } from "./shared_session.ts"

/** A client at work. */
export interface TravellingClient {
  readonly counts: ReadonlyMap<string, number>
  /** Works until it is stopped. Fails when an answer is not as it must be. */
  work(): Promise<void>
  stop(): void
  /** Compares everything once more, when all services are there, on each of them. */
  check(): Promise<void>
}

interface Tokens {
  readonly access: string
  readonly refresh: string
}

/** An answer, and whether an earlier one to the same request may have been lost. */
interface Insisted extends Answer {
  readonly isRepeated: boolean
}

const graceMillis = 28_000
const insistMillisMax = 40_000
const endedMax = 40

/** Makes a client of one user, who has this password and no session. */
export function createTravellingClient(
  ports: readonly number[],
  { username, password }: { readonly username: string; readonly password: string },
): TravellingClient {
  const connections = ports.map((port) => openConnection(port))
  const counts = new Map<string, number>()
  const sessions: Tokens[] = []
  const ended: Tokens[] = []
  let current = password
  let changes = 0
  let isOver = false

  const count = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1)

  async function insist(outgoing: Outgoing, only?: number): Promise<Insisted> {
    const began = performance.now()
    for (let tries = 0; ; tries += 1) {
      const chosen = only ?? Math.floor(Math.random() * connections.length)
      const answer = await (connections[chosen] ?? assert.fail()).send(outgoing)
      if (isFinal(answer)) return { ...answer, isRepeated: tries > 0 }
      count(typeof answer === "string" ? answer : "503")
      const { method, path } = outgoing
      assert.ok(performance.now() - began < insistMillisMax, `No answer to ${method} ${path}`)
      await pause()
    }
  }

  const logInWith = (tried: string) =>
    insist({ method: "POST", path: "/login", json: { username, password: tried } })

  async function logIn(): Promise<void> {
    const answer = await logInWith(current)
    assert.equal(answer.status, 200, `${username}: login ${JSON.stringify(answer)}`)
    sessions.push(tokensOf(answer))
    count("logins")
  }

  async function look(): Promise<void> {
    for (const { access } of sessions) {
      const answer = await insist(looking(access))
      assert.equal(answer.status, 200, `${username}: a false logout, ${JSON.stringify(answer)}`)
      count("looks")
    }
  }

  async function refresh(): Promise<void> {
    const session = sessions.shift() ?? assert.fail("no session")
    const began = performance.now()
    const answer = await insist(refreshing(session.refresh))
    if (answer.status !== 200 && performance.now() - began > graceMillis) return
    assert.equal(answer.status, 200, `${username}: a false logout, ${JSON.stringify(answer)}`)
    sessions.push(tokensOf(answer))
    count("refreshes")
  }

  async function logOut(): Promise<void> {
    const session = sessions.pop() ?? assert.fail("no session")
    const { status, isRepeated } = await insist({
      ...{ method: "POST", path: "/logout", token: session.access },
    })
    assert.ok(status === 204 || (isRepeated && status === 401), `${username}: logout ${status}`)
    count("logouts")
    await end([session])
  }

  async function changePassword(): Promise<void> {
    changes += 1
    const next = `${password}-${changes}`
    // Only the token of a login may do it.
    await logIn()
    const session = sessions.at(-1) ?? assert.fail("no session")
    const json = { current, new: next }
    const answer = await insist({ method: "POST", path: "/password", token: session.access, json })
    const { status, isRepeated } = answer
    // An answer that was lost: the session has ended, and the password is the new one.
    const isDone = status === 200 || (isRepeated && [401, 403].includes(status))
    assert.ok(isDone, `${username}: password ${JSON.stringify(answer)}`)
    current = next
    const before = sessions.splice(0)
    if (status === 200) sessions.push(tokensOf(answer))
    count("new passwords")
    await end(before)
  }

  /** What has ended is refused by each replica, from the first request on. */
  async function end(before: readonly Tokens[]): Promise<void> {
    ended.push(...before)
    ended.splice(0, ended.length - endedMax)
    for (const tokens of before) await expectEnded(tokens)
  }

  async function expectEnded({ access, refresh }: Tokens): Promise<void> {
    for (const only of connections.keys()) {
      for (const outgoing of [looking(access), refreshing(refresh)]) {
        const { status } = await insist(outgoing, only)
        assert.equal(status, 401, `${username}: ${outgoing.path} after the end`)
      }
    }
  }

  async function act(): Promise<void> {
    if (sessions.length < 2) return logIn()
    const chance = Math.random()
    if (chance < 0.5) return refresh()
    if (chance < 0.8) return look()
    return chance < 0.95 ? logOut() : changePassword()
  }

  return {
    counts,
    async work() {
      while (!isOver) await act()
    },
    stop() {
      isOver = true
    },
    async check() {
      await look()
      for (const tokens of ended) await expectEnded(tokens)
      assert.equal((await logInWith(current)).status, 200)
      if (current !== password) assert.equal((await logInWith(password)).status, 401)
      for (const connection of connections) connection.close()
    },
  }
}

function tokensOf({ body }: Answer): Tokens {
  return { access: String(body["access_token"]), refresh: String(body["refresh_token"]) }
}
