// Where a command reads and writes: the process's own streams, or a test's.

/** The surroundings of a command. */
export interface Terminal {
  readonly environment: Record<string, string | undefined>
  /** How the program is called here: `postern`, or from a clone `npm run postern --`. */
  readonly program: string
  /** Whether questions, warnings and mistakes may be coloured. */
  readonly isColored: boolean
  /** Whether questions, warnings and mistakes go to a terminal, so that progress can be shown. */
  readonly showsProgress: boolean
  /** Whether results go to a terminal. */
  readonly printsToTerminal: boolean
  readonly input: NodeJS.ReadStream | NodeJS.ReadableStream
  /**
   * Prints results, for people and pipes, as text or bytes. When bytes are lost (full disk, closed
   * pipe), `onFailure` gets the number of bytes that were written.
   */
  readonly print: (text: string | Uint8Array, onFailure?: (bytesTaken: number) => void) => void
  /** Bytes printed that nobody has read yet. */
  readonly unreadBytes: () => number
  /** Waits until what was printed is written or lost. */
  readonly flush: () => Promise<void>
  /** Prints questions, warnings and mistakes. */
  readonly printError: (text: string) => void
  /**
   * Waits until everything is written or lost, at most for `millisMax` unless that is null. Gives
   * the code of an error that lost something, or null. A closed pipe counts as no loss.
   */
  readonly settle: (millisMax: number | null) => Promise<string | null>
}

/** Prints, and waits until it is read, so that the reader sets the pace. False when it was lost. */
export async function printAtPace(
  text: string | Uint8Array,
  { print, flush }: Pick<Terminal, "print" | "flush">,
): Promise<boolean> {
  let isTaken = true
  print(text, () => {
    isTaken = false
  })
  await flush()
  return isTaken
}
