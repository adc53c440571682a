// The commands by which users move in and out, beside those of commands.ts: `postern user import`
// and `postern user export` send them, many one after the other.
//
//   {"command":"user.import","users":[{"name":"carol","password_hash":"…"}],"isTrial":true}
//   {"ok":true,"value":["created"]}
//   {"command":"user.export"}, then {"command":"user.export","id":"3f…"} until there are no users
//   {"ok":true,"value":{"id":"3f…","users":[{"name":"carol",…}],"withFactors":0}}

import { systemClock } from "../clock.ts"
import { isEnrolled } from "../domain/factors.ts"
import { isJsonObject, type JsonObject } from "../domain/strict_json.ts"
import type { User } from "../domain/user.ts"
import { AuthError } from "../errors.ts"
import type { Accounts } from "../service/accounts.ts"
import { readImportedUser, writeImportedUser } from "../service/imported_user.ts"
import { randomName } from "../system/random.ts"

/** What became of each user of an import. */
export type ImportOutcomes = Awaited<ReturnType<Accounts["createAll"]>>

/** A command. */
export type TransferCommand =
  | {
      readonly command: "user.import"
      readonly users: readonly JsonObject[]
      readonly isTrial: boolean
    }
  | { readonly command: "user.export"; readonly id?: string }

/** A slice of all users. */
export interface ExportedSlice {
  /** Names the export, for the next slice. */
  readonly id: string
  /** Empty when all were given. */
  readonly users: readonly JsonObject[]
  /** How many of them have second factors, which stay behind. */
  readonly withFactors: number
}

type Slices = AsyncIterator<readonly User[]>

/** An export that nobody goes on with is given up when there are so many others. */
const exportsMax = 4
/** By whose users, the exports in progress by their names, the last used last. */
const exportsOf = new WeakMap<Accounts, Map<string, Slices>>()

/** Runs a command. @throws AuthError `invalid_request`, `not_found` */
export function transfer(
  command: JsonObject,
  accounts: Accounts,
): Promise<ExportedSlice | ImportOutcomes> {
  if (command["command"] === "user.export") return exportSlice(command["id"], accounts)
  return importUsers(command, accounts)
}

async function importUsers(
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

async function exportSlice(id: unknown, accounts: Accounts): Promise<ExportedSlice> {
  const open = exportsOf.get(accounts) ?? new Map<string, Slices>()
  exportsOf.set(accounts, open)
  const name = typeof id === "string" ? id : randomName()
  const slices = typeof id === "string" ? open.get(id) : accounts.slices()[Symbol.asyncIterator]()
  if (slices === undefined) throw new AuthError("not_found", "That export was given up")
  open.delete(name)
  for (const oldest of [...open.keys()].slice(0, -exportsMax)) open.delete(oldest)
  const users = await nextUsers(slices)
  if (users.length > 0) open.set(name, slices)
  const withFactors = users.filter(({ factors }) => isEnrolled(factors)).length
  return { id: name, users: users.map(writeImportedUser), withFactors }
}

/** The next slice that has users, or none at the end. */
async function nextUsers(slices: Slices): Promise<readonly User[]> {
  for (;;) {
    const { done, value } = await slices.next()
    if (done) return []
    if (value.length > 0) return value
  }
}
