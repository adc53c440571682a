// The command by which users move in, beside those of commands.ts: `postern user import` sends it
// many times, one after the other.
//
//   {"command":"user.import","users":[{"name":"carol","password_hash":"…"}],"isTrial":true}
//   {"ok":true,"value":["created"]}

import { systemClock } from "../clock.ts"
import { isJsonObject, type JsonObject } from "../domain/strict_json.ts"
import { AuthError } from "../errors.ts"
import type { Accounts } from "../service/accounts.ts"
import { readImportedUser } from "../service/imported_user.ts"

/** What became of each user of an import. */
export type ImportOutcomes = Awaited<ReturnType<Accounts["createAll"]>>

/** The command. */
export interface ImportCommand {
  readonly command: "user.import"
  readonly users: readonly JsonObject[]
  readonly isTrial: boolean
}

/** Runs the command. @throws AuthError `invalid_request` */
export async function importUsers(
  { users, isTrial }: JsonObject,
  accounts: Accounts,
): Promise<ImportOutcomes> {
  if (!Array.isArray(users) || !users.every(isJsonObject) || typeof isTrial !== "boolean") {
    throw new AuthError("invalid_request", "The command needs 'users' and 'isTrial'")
  }
  const read = users.map((members) => readImportedUser(members, systemClock.now()))
  if (new Set(read.map(({ username }) => username)).size < read.length) {
    throw new AuthError("invalid_request", "Two of the users have one name")
  }
  return accounts.createAll(read, { isTrial })
}
