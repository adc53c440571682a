// What this process remembers of users, sessions and tokens, so that a guarded request
// needs no query of its own. Before a remembered record is used, the request waits for a delta
// (delta.ts): a query that began after the request came, and reads what has changed in the
// database. All requests that came before the delta share it. So a logout is respected from the
// next request on, by every replica.
//
// A record that is not remembered is read. It is kept only if no delta names it meanwhile. A
// rotation is not in the log: a session that seems to have expired is read again.

import { setImmediate } from "node:timers"
import { type Clock, monotonicMillis } from "../../clock.ts"
import type { ServiceToken } from "../../domain/service_token.ts"
import { isAlive, type Session } from "../../domain/session.ts"
import type { User } from "../../domain/user.ts"
import { BoundedMap } from "../../system/bounded_map.ts"
import type { SessionOfUser } from "../store.ts"
import { type Batch, createBatch } from "./batch.ts"
import type { Database } from "./database.ts"
import { type Delta, readDelta, refuseStandby, type Seen, type ServerState } from "./delta.ts"
import { ViewCounts } from "./view_counts.ts"
import {
  type ReadRow,
  readNameByHandle,
  readServiceTokens,
  readSession,
  readToken,
  readUser,
} from "./view_reads.ts"

interface ViewOptions {
  readonly clock: Pick<Clock, "now">
  /** A request may be judged by a state at most this old; 0 for none. */
  readonly stalenessSeconds: number
  /** Sees each state of the database that a delta saw. */
  readonly onSeen?: (seen: Seen) => void
}

/** A record that is being read. */
interface Load<T> {
  readonly value: Promise<T>
  /** The latest request before it began. Later ones don't share it. */
  readonly request: number
  /** The keys that changed meanwhile. */
  readonly changed: Set<string>
}

/** How a record is remembered. */
interface Kept<T> {
  readonly known: () => T | null
  readonly read: () => Promise<T>
  /** Keeps the record, where its key did not change meanwhile. */
  readonly keep: (value: T, isKept: (key: string) => boolean) => void
}

interface Instant {
  readonly monotonic: number
  readonly wall: number
}

/** One is too few where the database is far away. */
const deltasAtOnceMax = 4
const entriesMax = 100_000
const everything = "*"
/** Service tokens are one record: a change of any is a change of all. */
const serviceTokensKey = keyOf("m", "")

/** Users, sessions and tokens, as the database has them when they are asked for. */
export class View {
  /** The version of the keys, as the answers so far have shown it. */
  keysVersion: number | null = null
  readonly counts = new ViewCounts()
  readonly #database: Database
  readonly #options: ViewOptions
  readonly #sessions = new BoundedMap<Session>(entriesMax)
  readonly #users = new BoundedMap<User>(entriesMax)
  readonly #tokens = new BoundedMap<boolean>(entriesMax)
  /** All of them: the operator makes few. */
  #serviceTokens: ReadonlyMap<string, ServiceToken> | null = null
  readonly #loads = new Map<string, Load<unknown>>()
  #requests = 0
  #seen: Seen | null = null
  /** When the latest delta that was applied began. */
  #validAt: Instant | null = null
  /** A delta that began before this process's latest change may not have it. */
  #changedAt = Number.NEGATIVE_INFINITY
  #waiting: Batch | null = null
  #deltas = 0

  constructor(database: Database, options: ViewOptions) {
    this.#database = database
    this.#options = options
  }

  /** The session of a sid with its user. */
  findSession(sid: string): Promise<SessionOfUser | null> {
    return this.#find(keyOf("s", sid), {
      known: () => this.#knownSession(sid),
      read: () => readSession(this.#read, sid),
      keep: (found, isKept) => {
        if (found === null) return
        const { session, user } = found
        if (isKept(keyOf("s", sid))) this.#sessions.set(sid, session)
        if (isKept(keyOf("u", user.username))) this.#users.set(user.username, user)
      },
    })
  }

  /** The user of a name. */
  findUser(username: string): Promise<User | null> {
    const key = keyOf("u", username)
    return this.#find(key, {
      known: () => this.#users.get(username),
      read: () => readUser(this.#read, username),
      keep: (user, isKept) => {
        if (user !== null && isKept(key)) this.#users.set(username, user)
      },
    })
  }

  /** The name of the user who has a handle, or null. Read each time: a login asks, no request. */
  findNameByHandle(handle: string): Promise<string | null> {
    return readNameByHandle(this.#read, handle)
  }

  /** Whether a token without a session was revoked. */
  isTokenRevoked(jti: string): Promise<boolean> {
    const key = keyOf("t", jti)
    return this.#find(key, {
      known: () => this.#tokens.get(jti),
      read: () => readToken(this.#read, jti),
      keep: (isRevoked, isKept) => {
        if (isKept(key)) this.#tokens.set(jti, isRevoked)
      },
    })
  }

  /** All service tokens by their hashes. A last use may be older than the noted one. */
  findServiceTokens(): Promise<ReadonlyMap<string, ServiceToken>> {
    return this.#find(serviceTokensKey, {
      known: () => this.#serviceTokens,
      read: () => readServiceTokens(this.#read),
      keep: (tokens, isKept) => {
        if (isKept(serviceTokensKey)) this.#serviceTokens = tokens
      },
    })
  }

  /**
   * Makes a change of this process, after which the next request waits for a delta. A change that
   * failed promised nothing: then a view that may be stale is as good as before.
   */
  async changing<T>(change: () => Promise<T>, { sid }: { readonly sid?: string } = {}): Promise<T> {
    const changed = await change()
    this.#validAt = null
    this.#changedAt = this.#instant().monotonic
    if (sid !== undefined) this.#forget("s", sid)
    return changed
  }

  readonly #read: ReadRow = async <R>(text: string, values?: readonly string[]) => {
    const [row] = await this.#database.query<R & ServerState>(text, values ?? [])
    if (row === undefined) return {}
    refuseStandby(this.#database, row)
    this.#noteKeysVersion(row.keysVersion)
    return row
  }

  // An answer may come after one to a later query.
  #noteKeysVersion(version: number | null): void {
    const known = this.keysVersion
    this.keysVersion = version === null || known === null ? version : Math.max(version, known)
  }

  /** Gives what is known once that is made sure of, or else reads it. */
  async #find<T>(key: string, record: Kept<T>): Promise<T> {
    this.#requests += 1
    const request = this.#requests
    if (record.known() !== null) {
      if (!this.#isFresh()) await this.#validate()
      const known = record.known()
      if (known !== null) return known
    }
    return this.#load(key, request, record)
  }

  #knownSession(sid: string): SessionOfUser | null {
    const session = this.#sessions.get(sid)
    if (session === null || !isAlive(session, this.#options.clock.now())) return null
    const user = this.#users.get(session.username)
    return user === null ? null : { session, user }
  }

  /** Reads a record for all requests until now, and keeps it if it did not change meanwhile. */
  async #load<T>(key: string, request: number, { read, keep }: Kept<T>): Promise<T> {
    const known = this.#loads.get(key) as Load<T> | undefined
    if (known !== undefined && known.request >= request) return known.value
    // The map forgets a load that is replaced, so later changes do not reach it.
    known?.changed.add(everything)
    const load: Load<T> = { value: read(), request: this.#requests, changed: new Set() }
    this.#loads.set(key, load)
    try {
      const value = await load.value
      keep(value, (one) => !load.changed.has(one) && !load.changed.has(everything))
      return value
    } finally {
      if (this.#loads.get(key) === load) this.#loads.delete(key)
    }
  }

  /** Waits until a delta that began after this call was applied. */
  #validate(): Promise<void> {
    if (this.#waiting === null) {
      this.#waiting = createBatch()
      // Requests that the event loop has ready come along.
      setImmediate(() => this.#send())
    }
    return this.#waiting.done
  }

  #send(): void {
    const batch = this.#waiting
    if (batch === null || this.#deltas >= deltasAtOnceMax) return
    this.#waiting = null
    this.#deltas += 1
    const began = this.#instant()
    this.counts
      .watch(readDelta(this.#database, this.#seen), began.monotonic)
      .then((delta) => this.#apply(delta, began))
      .then(batch.resolve, batch.reject)
      .finally(() => {
        this.#deltas -= 1
        this.#send()
      })
  }

  // Deltas may come in another order than they began. Each has what changed between the state
  // that was seen when it began and its own, so no change is missed.
  #apply({ seen, keysVersion, changes }: Delta, began: Instant): void {
    if (changes === null) this.#forgetAll()
    this.#noteKeysVersion(keysVersion)
    for (const [what, key] of changes ?? []) this.#forget(what, key)
    this.#seen = seen
    this.#options.onSeen?.(seen)
    if (began.monotonic < this.#changedAt) return
    if (this.#validAt === null || began.monotonic > this.#validAt.monotonic) this.#validAt = began
  }

  #forget(what: string, key: string): void {
    if (what === "s") this.#sessions.delete(key)
    if (what === "u") this.#users.delete(key)
    if (what === "t") this.#tokens.delete(key)
    if (what === "m") this.#serviceTokens = null
    this.#noteChange(what === "m" ? serviceTokensKey : keyOf(what, key))
  }

  #forgetAll(): void {
    this.keysVersion = null
    for (const records of [this.#sessions, this.#users, this.#tokens]) records.clear()
    this.#serviceTokens = null
    this.#noteChange(everything)
  }

  #noteChange(key: string): void {
    for (const { changed } of this.#loads.values()) changed.add(key)
  }

  #isFresh(): boolean {
    const { stalenessSeconds } = this.#options
    const valid = this.#validAt
    if (stalenessSeconds === 0 || valid === null) return false
    const { monotonic, wall } = this.#instant()
    // The wall clock also counts the time for which the machine was suspended. It is in whole
    // seconds, so it may show one too many.
    const passed = Math.max(monotonic - valid.monotonic, wall - valid.wall - 1)
    return passed <= stalenessSeconds
  }

  #instant(): Instant {
    return { monotonic: monotonicMillis() / 1000, wall: this.#options.clock.now() }
  }
}

function keyOf(what: string, key: string): string {
  return `${what}/${key}`
}
