// A database whose answers a test gives, in the order that the test wants.

import assert from "node:assert/strict"
import { setImmediate as turn } from "node:timers/promises"
import type { Database } from "../../../src/store/postgres/database.ts"
import type { LoggedChange } from "../../../src/store/postgres/delta.ts"
import { rowOfSession, rowOfUser } from "../../../src/store/postgres/rows.ts"
import { sampleSession } from "../sample_session.ts"
import { sampleUser } from "../sample_user.ts"

/** A statement that waits for its answer. */
export interface Asked {
  readonly values: readonly unknown[]
  readonly answer: (rows: readonly unknown[]) => void
  readonly fail: (error: Error) => void
}

/** What a delta tells; the members that a test leaves out are those of a quiet database. */
export interface DeltaAnswer {
  readonly changes?: readonly LoggedChange[] | null
  readonly snapshot?: string
  readonly server?: string
  readonly at?: number
  readonly isStandby?: boolean
  readonly keysVersion?: number | null
}

/** A database and what it was asked. */
export class ScriptedDatabase implements Database {
  /** Deltas and other statements that have no answer yet. */
  readonly deltas: Asked[] = []
  readonly reads: Asked[] = []
  isLeft = false

  readonly query: Database["query"] = <R>(text: string, values: readonly unknown[] = []) =>
    new Promise<readonly R[]>((resolve, fail) => {
      const answer = (rows: readonly unknown[]) => resolve(rows as readonly R[])
      const asked = { values, answer, fail }
      if (text.includes("pg_current_snapshot")) this.deltas.push(asked)
      else this.reads.push(asked)
    })

  change(): Promise<never> {
    return assert.fail("there is no change")
  }

  transaction(): Promise<never> {
    return assert.fail("there is no transaction")
  }

  leave(): void {
    this.isLeft = true
  }

  isAvailable(): boolean {
    return true
  }

  figures() {
    return { isAvailable: true, connections: { reading: 1, writing: 0 }, waiting: 0 }
  }

  async close(): Promise<void> {}

  /** Answers the oldest delta. */
  answerDelta(answer: DeltaAnswer) {
    const quiet = { changes: null, snapshot: "10:10:", server: "1", at: 1, isStandby: false }
    const asked = this.deltas.shift() ?? assert.fail("no delta was asked for")
    asked.answer([{ ...quiet, keysVersion: null, ...answer }])
    return settled()
  }

  /** Answers the oldest other statement with a session of alice. */
  giveSession(sid: string) {
    const asked = this.reads.shift() ?? assert.fail("no session was read")
    assert.deepEqual(asked.values, [sid])
    const [session, user] = [rowOfSession(sampleSession(sid)), rowOfUser(sampleUser("alice"))]
    asked.answer([structuredClone({ session, user, keysVersion: null, isStandby: false })])
    return settled()
  }
}

/** Lets everything go on that waits for nothing. */
export async function settled(): Promise<void> {
  for (const _ of [1, 2, 3]) await turn()
}
