// How many records of each table there are, for people and for programs.

import type { Counts } from "../store/copying.ts"
import { type TableName, tableNames } from "../store/records.ts"
import type { CopyProgress } from "../store/watched_content.ts"
import { grouped } from "./columns.ts"

/** One record of each table, and more of them, in words. */
const words: Readonly<Record<TableName, readonly [one: string, more: string]>> = {
  users: ["user", "users"],
  reservedNames: ["reserved name", "reserved names"],
  sessions: ["session", "sessions"],
  endedSessions: ["ended session", "ended sessions"],
  revokedTokens: ["revoked token", "revoked tokens"],
  failedLogins: ["account with failed logins", "accounts with failed logins"],
  loginHistories: ["list of recent logins", "lists of recent logins"],
  serviceTokens: ["service token", "service tokens"],
}

/** The numbers of records, by the names that JSON has for them. */
export function countsInJson(counts: Counts) {
  const { users, sessions } = counts
  return {
    ...{ users, sessions },
    reserved_names: counts.reservedNames,
    ended_sessions: counts.endedSessions,
    revoked_tokens: counts.revokedTokens,
    failed_logins: counts.failedLogins,
    login_histories: counts.loginHistories,
    service_tokens: counts.serviceTokens,
  }
}

/** The numbers of records in words, a line for each table. */
export function countsInWords(counts: Counts): string {
  return tableNames.map((table) => lineOf(table, counts[table])).join("")
}

/** The same of the tables that have records, and of the users in any case. */
export function heldInWords(counts: Counts): string {
  const held = tableNames.filter((table) => counts[table] > 0 || table === "users")
  return held.map((table) => lineOf(table, counts[table])).join("")
}

function lineOf(table: TableName, count: number): string {
  const [one, more] = words[table]
  return `  ${grouped(count)} ${count === 1 ? one : more}\n`
}

/** How far a copy is, in words. */
export function progressOf({ step, done, all }: CopyProgress): string {
  const verb = step === "copy" ? "Copied" : "Compared"
  return `${verb} ${grouped(done)} of ${grouped(all)} records`
}
