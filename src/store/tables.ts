// The tables of the JSON store and the shape of their records. A table is one row here: its name in
// the files, and a reader that says what is wrong with a record that does not fit. A new table or
// member is a row or a line here and a new version of the snapshot, whose reader fills it in for
// files of the version before.

import { isPasswordHash } from "../password/phc.ts"
import { isJsonObject, type JsonObject } from "../strict_json.ts"
import type { User } from "./store.ts"

/** A name that was a user's and is never given out again. */
export interface ReservedName {
  readonly username: string
  readonly deletedAt: number
}

/** Records by table. */
export interface Records {
  readonly users: User
  readonly reservedNames: ReservedName
}

/** The name of a table. */
export type TableName = keyof Records

/** One change of one record: its new state, or null when it is gone. */
export type Change = {
  readonly [T in TableName]: readonly [table: T, key: string, record: Records[T] | null]
}[TableName]

/** All records of a store, by their keys. */
export type Tables = { readonly [T in TableName]: Map<string, Records[T]> }

type Reader<T> = (value: JsonObject) => T
type FieldKind = keyof typeof kinds

/** A record in a file that is not as it must be. The message says which member, not its value. */
export class RecordError extends Error {
  override readonly name = "RecordError"
}

/** How each table's records are read, and the member that is the key. */
const tableReaders: {
  readonly [T in TableName]: {
    readonly key: keyof Records[T] & string
    readonly read: Reader<Records[T]>
  }
} = {
  users: {
    key: "username",
    read: reader<User>({
      username: "name",
      passwordHash: "passwordHash",
      roles: "roles",
      disabled: "boolean",
      createdAt: "instant",
      tokensNotBefore: "instant",
    }),
  },
  reservedNames: {
    key: "username",
    read: reader<ReservedName>({ username: "name", deletedAt: "instant" }),
  },
}

/** The tables' names, in the order in which they are written. */
export const tableNames = Object.keys(tableReaders) as readonly TableName[]

/** Tables without a record. */
export function emptyTables(): Tables {
  return { users: new Map(), reservedNames: new Map() }
}

/** Puts a change into effect. */
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
 * Reads a record of a table.
 * @throws RecordError
 */
export function readRecord<T extends TableName>(
  table: T,
  value: unknown,
): { readonly key: string; readonly record: Records[T] } {
  if (!isJsonObject(value)) throw new RecordError("a record is not an object")
  const { key, read } = tableReaders[table]
  const record = read(value)
  return { key: String(record[key]), record }
}

const kinds = {
  name: (value: unknown) => typeof value === "string" && /^[\x21-\x7e]{1,64}$/.test(value),
  passwordHash: (value: unknown) => typeof value === "string" && isPasswordHash(value),
  roles: (value: unknown) =>
    Array.isArray(value) && value.every((role) => typeof role === "string"),
  boolean: (value: unknown) => typeof value === "boolean",
  instant: (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0,
}

// Exactly these members: one that is unknown was written by a later version, and would be lost.
function reader<T extends object>(fields: { readonly [F in keyof T]: FieldKind }): Reader<T> {
  const entries = Object.entries(fields) as [string, FieldKind][]
  const lists = entries.filter(([, kind]) => kind === "roles").map(([field]) => field)
  return (value) => {
    for (const [field, kind] of entries) {
      if (!kinds[kind](value[field])) throw new RecordError(`'${field}' is missing or not valid`)
    }
    const members = Object.keys(value)
    if (members.length !== entries.length) {
      const extra = members.find((name) => !Object.hasOwn(fields, name))
      throw new RecordError(`'${extra}' is no member of such a record`)
    }
    for (const name of lists) Object.freeze(value[name])
    return Object.freeze(value) as T
  }
}
