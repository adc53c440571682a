// Whether the database can be used now, for monitors. The question is a write that changes no row:
// a standby, a read-only server and a role without rights refuse it, and it leaves nothing behind.

import { Unavailable } from "../../errors.ts"
import { type Database, DatabaseRefusal, refused } from "./database.ts"

const question = "update postern.facts set has_had_users = has_had_users where false"

/** Makes a question that is under way once at a time: all who ask meanwhile get its answer. */
export function createUsableQuestion(database: Database): () => Promise<boolean> {
  let asking: Promise<boolean> | null = null
  return () => {
    asking ??= ask(database).finally(() => {
      asking = null
    })
    return asking
  }
}

async function ask({ query }: Database): Promise<boolean> {
  try {
    await query(question)
    return true
  } catch (error) {
    if (error instanceof DatabaseRefusal) throw refused(error)
    // The connection has said why it does not answer.
    if (error instanceof Unavailable && !(error.cause instanceof DatabaseRefusal)) return false
    throw error
  }
}
