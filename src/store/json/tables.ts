// The tables of the JSON store, and the members of their records (../records.ts). A new table or a
// new member needs a new version of the snapshot, which an older Postern then refuses.

import { isJsonObject } from "../../domain/strict_json.ts"
import { isNameInRecord } from "../../domain/username.ts"
import { isPasswordHash } from "../../password/phc.ts"
import { type Records, type TableName, tableNames } from "../records.ts"
import { isFactors } from "./factor_members.ts"
import {
  type Check,
  isBoolean,
  isCount,
  listOf,
  oneOf,
  orNull,
  recordOf,
  textThat,
} from "./record_checks.ts"

/** A change of one record: its new state, or null to delete it. */
export type Change = {
  readonly [T in TableName]: readonly [table: T, key: string, record: Records[T] | null]
}[TableName]

/** All records of a store, by their keys. */
export type Tables = { readonly [T in TableName]: Map<string, Records[T]> }

/** Far below the depth at which recursion would exhaust the stack. */
const depthMax = 1000

/** A record that does not fit its table. The message names the member, not its value. */
export class RecordError extends Error {
  override readonly name = "RecordError"
}

const isName = textThat(isNameInRecord)
const isId = textThat((text) => /^[\w.~-]{1,128}$/.test(text))
const isText = textThat((text) => text.length <= 256)
const isTexts = listOf(textThat(() => true))

const link = {
  ...{ kind: oneOf("invite", "reset"), tag: isId },
  ...{ expiresAt: isCount, removesFactors: isBoolean },
}
const failure = { at: isCount, address: isText, count: isCount }
const isFailure = recordOf(failure)
const isFailureOfCode = recordOf({ ...failure, isCode: (value) => value === true })

/** The members of each table's records. The first member is the key. */
const members: { readonly [T in TableName]: { readonly [M in keyof Records[T]]: Check } } = {
  users: {
    username: isName,
    passwordHash: textThat(isPasswordHash),
    roles: isTexts,
    claims: isJsonObject,
    disabled: isBoolean,
    createdAt: isCount,
    tokensNotBefore: isCount,
    link: orNull(recordOf(link)),
    factors: orNull(isFactors),
  },
  reservedNames: { username: isName, deletedAt: isCount, isReleased: isBoolean },
  sessions: {
    sid: isId,
    username: isName,
    startedAt: isCount,
    lastUsedAt: isCount,
    rotatedAt: isCount,
    idleExpiresAt: isCount,
    expiresAt: isCount,
    rotations: isCount,
    address: isText,
    userAgent: isText,
    usedBefore: orNull(recordOf({ at: isCount, address: isText, userAgent: isText })),
    sharedRotation: isCount,
    sharedRun: isCount,
    amr: isTexts,
    factorAt: orNull(isCount),
  },
  endedSessions: { sid: isId, tokensExpireAt: isCount },
  revokedTokens: { jti: isId, expiresAt: isCount, isListed: isBoolean },
  failedLogins: { username: isName, strangers: isCount, devices: isCount },
  loginHistories: {
    username: isName,
    logins: listOf(recordOf({ at: isCount, address: isText })),
    failures: listOf((value) => isFailure(value) || isFailureOfCode(value)),
  },
  serviceTokens: {
    name: isName,
    hash: isId,
    roles: isTexts,
    fresh: isBoolean,
    acr: oneOf("aal1", "aal2"),
    createdAt: isCount,
    expiresAt: isCount,
    lastUsedAt: orNull(isCount),
    lastAddress: isText,
  },
}

/** The same as lists, which are faster to go through. */
const memberLists = new Map<string, readonly (readonly [member: string, check: Check])[]>(
  Object.entries(members).map(([table, checks]) => [table, Object.entries(checks)]),
)

/** Tables without a record. */
export function emptyTables(): Tables {
  return Object.fromEntries(tableNames.map((name) => [name, new Map()])) as unknown as Tables
}

/** Applies a change. */
export function apply(tables: Tables, [table, key, record]: Change): void {
  const records = tables[table] as Map<string, unknown>
  if (record === null) records.delete(key)
  else records.set(key, record)
}

/**
 * Reads a change as a file has it.
 * @throws RecordError
 */
export function readChange(value: unknown): Change {
  if (!Array.isArray(value) || value.length !== 3) throw new RecordError("a change is not a triple")
  const [table, key, record] = value as readonly unknown[]
  if (!tableNames.includes(table as TableName)) throw new RecordError("there is no such table")
  if (typeof key !== "string") throw new RecordError("a key is not text")
  if (record === null) return [table as TableName, key, null] as Change
  const read = readRecord(table as TableName, record)
  if (read.key !== key) throw new RecordError("a record is not of its key")
  return [table, key, read.record] as Change
}

/**
 * Reads a record of a table, and freezes it. It must have exactly the table's members: an unknown
 * one was written by a later version, and would be lost.
 * @throws RecordError
 */
export function readRecord(
  table: TableName,
  value: unknown,
): { readonly key: string; readonly record: object } {
  if (!isJsonObject(value)) throw new RecordError("a record is not an object")
  const list = memberLists.get(table) ?? []
  // A store may have a million records, so each member is looked at once.
  for (const [name, check] of list) {
    const member = value[name]
    if (!check(member)) throw new RecordError(`'${name}' is missing or not valid`)
    if (typeof member === "object" && member !== null) freezeDeep(member)
  }
  const names = Object.keys(value)
  if (names.length !== list.length) {
    const extra = names.find((name) => !Object.hasOwn(members[table], name))
    throw new RecordError(`'${extra}' is no member of such a record`)
  }
  const [key = ""] = list[0] ?? []
  return { key: String(value[key]), record: Object.freeze(value) }
}

/** A copy that is frozen at every depth. */
export function frozen<T extends object>(record: T): T {
  return freezeDeep(structuredClone(record))
}

function freezeDeep<T extends object>(value: T, depth = 0): T {
  if (depth > depthMax) throw new RecordError("it is nested too deep")
  for (const member of Object.values(value)) {
    if (typeof member === "object" && member !== null) freezeDeep(member, depth + 1)
  }
  return Object.freeze(value)
}
