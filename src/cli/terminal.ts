// Where a command reads and writes: the process's own streams, or a test's.

/** The surroundings of a command. */
export interface Terminal {
  readonly environment: Record<string, string | undefined>
  readonly input: NodeJS.ReadStream | NodeJS.ReadableStream
  /**
   * Results, for people and pipes. `onFailure` hears how many bytes of the text got through when
   * not all did: a full disk, a reader that has gone.
   */
  readonly print: (text: string, onFailure?: (bytesTaken: number) => void) => void
  /** Bytes printed that nobody has read yet. */
  readonly unreadBytes: () => number
  /** Questions, warnings and mistakes. */
  readonly complain: (text: string) => void
  /**
   * Waits until everything is written or lost, but no longer than told, if at all. Gives the code
   * of an error that lost something, or null. A reader that went away has lost nothing.
   */
  readonly settle: (millisMax: number | null) => Promise<string | null>
}
