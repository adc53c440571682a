// A client that sends each request to whichever replica answers, and knows what has to be true:
// what its sessions and its password are, and which tokens must never work again.

import assert from "node:assert/strict"
import type { Answer } from "../support/http_client.ts"
import { type Connection, isFinal, type Outgoing, openConnection, pause } from "./connection.ts"
import { looking, refreshing } from "./shared_session.ts"

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

/** A client of one user, who has a password and no session. */
export class TravellingClient {
  /** What happened, and how often. */
  readonly counts = new Map<string, number>()
  readonly #connections: readonly Connection[]
  readonly #username: string
  readonly #firstPassword: string
  readonly #sessions: Tokens[] = []
  readonly #ended: Tokens[] = []
  #password: string
  #changes = 0
  #isOver = false

  constructor(
    ports: readonly number[],
    { username, password }: { readonly username: string; readonly password: string },
  ) {
    this.#connections = ports.map((port) => openConnection(port))
    this.#username = username
    this.#firstPassword = password
    this.#password = password
  }

  /** Works until it is stopped. Fails when an answer is not as it must be. */
  async work(): Promise<void> {
    while (!this.#isOver) await this.#act()
  }

  stop(): void {
    this.#isOver = true
  }

  /** Compares everything once more, when all services are there, on each of them. */
  async check(): Promise<void> {
    await this.#look()
    for (const tokens of this.#ended) await this.#expectEnded(tokens)
    assert.equal((await this.#logInWith(this.#password)).status, 200)
    if (this.#changes > 0) {
      assert.equal((await this.#logInWith(this.#firstPassword)).status, 401)
    }
    for (const connection of this.#connections) connection.close()
  }

  async #act(): Promise<void> {
    if (this.#sessions.length < 2) return this.#logIn()
    const chance = Math.random()
    if (chance < 0.5) return this.#refresh()
    if (chance < 0.8) return this.#look()
    return chance < 0.95 ? this.#logOut() : this.#changePassword()
  }

  async #logIn(): Promise<void> {
    const answer = await this.#logInWith(this.#password)
    this.#expect(answer.status === 200, "login", answer)
    this.#sessions.push(tokensOf(answer))
    this.#count("logins")
  }

  #logInWith(password: string): Promise<Insisted> {
    const json = { username: this.#username, password }
    return this.#insist({ method: "POST", path: "/login", json })
  }

  async #look(): Promise<void> {
    for (const { access } of this.#sessions) {
      const answer = await this.#insist(looking(access))
      this.#expect(answer.status === 200, "a false logout", answer)
      this.#count("looks")
    }
  }

  async #refresh(): Promise<void> {
    const session = this.#sessions.shift() ?? assert.fail("no session")
    const began = performance.now()
    const answer = await this.#insist(refreshing(session.refresh))
    if (answer.status !== 200 && performance.now() - began > graceMillis) return
    this.#expect(answer.status === 200, "a false logout", answer)
    this.#sessions.push(tokensOf(answer))
    this.#count("refreshes")
  }

  async #logOut(): Promise<void> {
    const session = this.#sessions.pop() ?? assert.fail("no session")
    const token = session.access
    const answer = await this.#insist({ method: "POST", path: "/logout", token })
    const { status, isRepeated } = answer
    this.#expect(status === 204 || (isRepeated && status === 401), "logout", answer)
    this.#count("logouts")
    await this.#end([session])
  }

  async #changePassword(): Promise<void> {
    // Only the token of a login may do it.
    await this.#logIn()
    const { access: token } = this.#sessions.at(-1) ?? assert.fail("no session")
    this.#changes += 1
    const next = `${this.#firstPassword}-${this.#changes}`
    const json = { current: this.#password, new: next }
    const answer = await this.#insist({ method: "POST", path: "/password", token, json })
    const { status, isRepeated } = answer
    // An answer that was lost: the session has ended, and the password is the new one.
    const isDone = status === 200 || (isRepeated && [401, 403].includes(status))
    this.#expect(isDone, "password", answer)
    this.#password = next
    const before = this.#sessions.splice(0)
    if (status === 200) this.#sessions.push(tokensOf(answer))
    this.#count("new passwords")
    await this.#end(before)
  }

  /** What has ended is refused by each replica, from the first request on. */
  async #end(before: readonly Tokens[]): Promise<void> {
    this.#ended.push(...before)
    this.#ended.splice(0, this.#ended.length - endedMax)
    for (const tokens of before) await this.#expectEnded(tokens)
  }

  async #expectEnded({ access, refresh }: Tokens): Promise<void> {
    for (const connection of this.#connections) {
      for (const outgoing of [looking(access), refreshing(refresh)]) {
        const answer = await this.#insist(outgoing, connection)
        this.#expect(answer.status === 401, `${outgoing.path} after the end`, answer)
      }
    }
  }

  /** Sends until there is an answer that is not 503, each time to any replica, or to one. */
  async #insist(outgoing: Outgoing, only?: Connection): Promise<Insisted> {
    const began = performance.now()
    for (let tries = 0; ; tries += 1) {
      const any = Math.floor(Math.random() * this.#connections.length)
      const connection = only ?? this.#connections[any] ?? assert.fail("no replica")
      const answer = await connection.send(outgoing)
      if (isFinal(answer)) return { ...answer, isRepeated: tries > 0 }
      this.#count(typeof answer === "string" ? answer : "503")
      this.#expect(performance.now() - began < insistMillisMax, `no answer to ${outgoing.path}`)
      await pause()
    }
  }

  #count(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
  }

  #expect(holds: boolean, what: string, answer?: Answer): void {
    assert.ok(holds, `${this.#username}: ${what} ${JSON.stringify(answer)}`)
  }
}

function tokensOf({ body }: Answer): Tokens {
  return { access: String(body["access_token"]), refresh: String(body["refresh_token"]) }
}
