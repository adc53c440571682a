// The numbers of a store, for monitoring: what it counted since it was opened, and how it is now.
// They are read from memory, so reading them costs no disk and no query.

import type { DurationCounts } from "../system/durations.ts"

/** The numbers of an engine. */
export interface StoreFigures {
  /** How long writes took: to the journal, each with its sync, or of changes in the database. */
  readonly writes: DurationCounts
  /** Changes that are durable, and changes that failed because nothing could be written. */
  readonly changes: { readonly done: number; readonly failed: number }
  /** Null for an engine without files. */
  readonly journal: JournalFigures | null
  /** Null for an engine without a database. */
  readonly database: DatabaseFigures | null
}

/** The numbers of a journal and its snapshot. */
export interface JournalFigures {
  /** The size of both files. */
  readonly bytes: number
  /** Entries that the next start reads after the snapshot. */
  readonly entriesSinceSnapshot: number
  readonly snapshot: {
    readonly bytes: number
    /** When it was written, in epoch seconds. */
    readonly writtenAt: number
    /** How long that took; null when an earlier process did it. */
    readonly seconds: number | null
    /** How many could not be written. */
    readonly failures: number
  }
}

/** The numbers of the connections to a database, and of the view that a replica keeps of it. */
export interface DatabaseFigures extends ConnectionFigures {
  readonly view: ViewFigures
}

/** The numbers of the connections. */
export interface ConnectionFigures {
  readonly isAvailable: boolean
  readonly connections: { readonly reading: number; readonly writing: number }
  /** Changes that wait for a connection. */
  readonly waiting: number
}

/** The numbers of a view. */
export interface ViewFigures {
  /** How long the queries took that asked what has changed. Each serves many requests. */
  readonly validations: DurationCounts
  readonly validationFailures: number
  /** Changes of other processes and of this one that the view has read. */
  readonly changesTold: number
  /** How often everything was forgotten, because not all changes could be read. */
  readonly forgotten: number
  /** The age of the state that the view has; null until it has one. */
  readonly ageSeconds: number | null
  /** For how long the oldest transaction that the database still shows has been open, at least. */
  readonly horizonSeconds: number
}
