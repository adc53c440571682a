// What a format of another system's password hashes is: how its text is read, what a comparison
// costs, and how a password is compared. A text has one canonical form, which is the one that the
// store keeps; foreign_texts.ts makes it of what other systems write.

/** A hash that was read. */
export interface LegacyHash {
  /** The memory that a comparison takes, where it is much. */
  readonly memoryBytes: number
  /** Grows as the time of a comparison does. Only works of one format can be compared. */
  readonly work: number
  /** Whether a password is the one. It is taken as it was typed. */
  verify(password: string): Promise<boolean>
}

/** A format. */
export interface LegacyFormat {
  /** How its texts begin. No text begins as two formats do. */
  readonly prefix: string
  /** A hash, or null when the text is not of this format. */
  readonly read: (text: string) => LegacyHash | null
  /** A hash that takes some milliseconds, to measure what the work of this format takes. */
  readonly sample: string
}

/** Far below what a comparison may take, so that only what is much has to be counted. */
export const smallMemoryBytes = 64 * 1024
