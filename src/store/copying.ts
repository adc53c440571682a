// What an engine does for a copy of a whole store to another engine (copy_store.ts): it gives all
// records in slices, so that a million users need no more memory than a few thousand, or takes
// them, all or none.

import type { Disk } from "../system/disk.ts"
import type { Records, TableName } from "./records.ts"

/** How many records each table has. */
export type Counts = { readonly [T in TableName]: number }

/** All that a store holds, at one moment. */
export interface Content {
  /** The document of the keys, as the key store has it, or null. */
  readonly keys: Uint8Array | null
  count(): Promise<Counts>
  /**
   * The records of a table: sessions in the order in which they started, others by their keys. One
   * table is read at a time.
   */
  read<T extends TableName>(table: T): AsyncIterable<readonly Records[T][]>
}

/** A data directory; as a target of a copy it may hold files of the names `mayHold`. */
export interface DirectoryPlace {
  readonly directory: string
  readonly disk: Disk
  readonly mayHold?: readonly string[]
}

/** Where a backup comes from. */
export interface BackupOrigin {
  /** The version of the Postern that made it. */
  readonly postern: string
  /** The moment, in epoch seconds. */
  readonly madeAt: number
}

/** A backup that is being made. */
export interface GivenBackup {
  readonly counts: Counts
  /** Whether it has the keys. Without them everybody has to log in again after a restore. */
  readonly hasKeys: boolean
  readonly chunks: AsyncIterable<Uint8Array>
}

/** A backup that is being read. Its tables are read once, in their order. */
export interface Backup {
  readonly origin: BackupOrigin
  readonly content: Content
}

/** A store to copy from. */
export interface CopySource {
  /** Where it is, for messages. */
  readonly place: string
  /**
   * Gives the content to `use`, and keeps every service from changing it meanwhile.
   * @throws OperatorError when a service uses the store, or there is none
   */
  read<T>(use: (content: Content) => Promise<T>): Promise<T>
}

/** A store to copy to. */
export interface CopyTarget {
  readonly place: string
  /**
   * Makes sure that there is nothing yet, and changes nothing.
   * @throws OperatorError when there is something, or a service uses it
   */
  requireEmpty(): Promise<void>
  /**
   * Writes a content and gives to `compare` what was then read back. When anything fails, there is
   * still nothing.
   * @throws OperatorError as `requireEmpty`
   */
  fill(content: Content, compare: (copied: Content) => Promise<void>): Promise<void>
}

/** Records a slice has at most: to serialize them takes a millisecond or two. */
export const sliceMax = 500
