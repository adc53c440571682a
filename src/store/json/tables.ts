// The tables of the JSON store, and the members of their records (../records.ts). A new table or a
// new member needs a new version of the snapshot, which an older Postern then refuses.

import { isJsonObject } from "../../domain/strict_json.ts"
import { isNameInRecord } from "../../domain/username.ts"
import { isPasswordHash } from "../../password/phc.ts"
import { type Records, type TableName, tableNames } from "../records.ts"
import { isFactors } from "./factor_members.ts"

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

type Kind = keyof typeof kinds

/** The members of each table's records and their kinds. The first member is the key. */
const members: { readonly [T in TableName]: { readonly [M in keyof Records[T]]: Kind } } = {
  users: {
    username: "name",
    passwordHash: "passwordHash",
    roles: "roles",
    claims: "claims",
    disabled: "boolean",
    createdAt: "instant",
    tokensNotBefore: "instant",
    link: "linkOrNull",
    factors: "factorsOrNull",
  },
  reservedNames: { username: "name", deletedAt: "instant", isReleased: "boolean" },
  sessions: {
    sid: "id",
    username: "name",
    startedAt: "instant",
    lastUsedAt: "instant",
    rotatedAt: "instant",
    idleExpiresAt: "instant",
    expiresAt: "instant",
    rotations: "count",
    address: "text",
    userAgent: "text",
    usedBefore: "useOrNull",
    sharedRotation: "count",
    sharedRun: "count",
    amr: "texts",
    factorAt: "instantOrNull",
  },
  endedSessions: { sid: "id", tokensExpireAt: "instant" },
  revokedTokens: { jti: "id", expiresAt: "instant", isListed: "boolean" },
  failedLogins: { username: "name", strangers: "count", devices: "count" },
  loginHistories: { username: "name", logins: "logins", failures: "failures" },
  serviceTokens: {
    name: "name",
    hash: "id",
    roles: "roles",
    fresh: "boolean",
    acr: "assurance",
    createdAt: "instant",
    expiresAt: "instant",
    lastUsedAt: "instantOrNull",
    lastAddress: "text",
  },
}

/** The same as lists, which are faster to go through. */
const memberLists = new Map<string, readonly (readonly [member: string, kind: Kind])[]>(
  Object.entries(members).map(([table, kindOf]) => [table, Object.entries(kindOf)]),
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
  for (const [name, kind] of list) {
    const member = value[name]
    if (!kinds[kind](member)) throw new RecordError(`'${name}' is missing or not valid`)
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

const kinds = {
  name: (value: unknown) => typeof value === "string" && isNameInRecord(value),
  id: (value: unknown) => typeof value === "string" && /^[\w.~-]{1,128}$/.test(value),
  text: (value: unknown) => typeof value === "string" && value.length <= 256,
  passwordHash: (value: unknown) => typeof value === "string" && isPasswordHash(value),
  roles: isTexts,
  texts: isTexts,
  claims: isJsonObject,
  boolean: (value: unknown) => typeof value === "boolean",
  instant: isCount,
  instantOrNull: isCountOrNull,
  count: isCount,
  logins: (value: unknown) => isListOf(value, ["at", "address"]),
  failures: (value: unknown) => isListOf(value, ["at", "address", "count"], "isCode"),
  linkOrNull: (value: unknown) => value === null || isLink(value),
  factorsOrNull: (value: unknown) => value === null || isFactors(value),
  useOrNull: (value: unknown) => value === null || isUse(value),
  assurance: (value: unknown) => value === "aal1" || value === "aal2",
}

/** `mark` is a member that is true where it is there. */
function isListOf(value: unknown, names: readonly string[], mark?: string): boolean {
  if (!Array.isArray(value)) return false
  return value.every((one) => {
    if (!isJsonObject(one)) return false
    const { at, address, count = 0 } = one
    const known = mark !== undefined && one[mark] === true ? [...names, mark] : names
    return (
      Object.keys(one).length === known.length &&
      known.every((name) => Object.hasOwn(one, name)) &&
      [at, count].every(isCount) &&
      kinds.text(address)
    )
  })
}

function isLink(value: unknown): boolean {
  if (!isJsonObject(value) || Object.keys(value).length !== 4) return false
  const { kind, tag, expiresAt, removesFactors } = value
  const isKind = kind === "invite" || kind === "reset"
  return isKind && kinds.id(tag) && isCount(expiresAt) && kinds.boolean(removesFactors)
}

function isUse(value: unknown): boolean {
  if (!isJsonObject(value) || Object.keys(value).length !== 3) return false
  const { at, address, userAgent } = value
  return isCount(at) && kinds.text(address) && kinds.text(userAgent)
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === "string")
}

function isCountOrNull(value: unknown): boolean {
  return value === null || isCount(value)
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function freezeDeep<T extends object>(value: T, depth = 0): T {
  if (depth > depthMax) throw new RecordError("it is nested too deep")
  for (const member of Object.values(value)) {
    if (typeof member === "object" && member !== null) freezeDeep(member, depth + 1)
  }
  return Object.freeze(value)
}
