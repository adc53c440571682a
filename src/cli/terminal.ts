// Where a command reads and writes: the process's own streams, or a test's.

/** The surroundings of a command. */
export interface Terminal {
  readonly environment: Record<string, string | undefined>
  /** How the program is called here: `postern`, or from a clone `npm run postern --`. */
  readonly program: string
  /** Whether questions, warnings and mistakes may be coloured. */
  readonly isColored: boolean
  readonly input: NodeJS.ReadStream | NodeJS.ReadableStream
  /**
   * Prints results, for people and pipes. `onFailure` hears how many bytes of the text got through
   * when some were lost: on a full disk, or when the reader has gone.
   */
  readonly print: (text: string, onFailure?: (bytesTaken: number) => void) => void
  /** Bytes printed that nobody has read yet. */
  readonly unreadBytes: () => number
  /** Prints questions, warnings and mistakes. */
  readonly printError: (text: string) => void
  /**
   * Waits until everything is written or lost, at most for `millisMax` unless that is null. Gives
   * the code of an error that lost something, or null. A reader that went away has lost nothing.
   */
  readonly settle: (millisMax: number | null) => Promise<string | null>
}
