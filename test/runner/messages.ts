// What the processes of `npm test` and the one that started them tell each other.

/** Names the next file, or none: then the process may end. */
export interface Order {
  readonly run: string | null
}

/** A message of a worker. */
export type Message =
  /** A test begins: the one to name when nothing comes after it. */
  | { readonly kind: "start"; readonly name: string }
  | { readonly kind: "pass"; readonly name: string }
  | { readonly kind: "skip"; readonly name: string; readonly reason: string }
  | { readonly kind: "fail"; readonly name: string; readonly error: string }
  /** An error was thrown outside of all tests, and no promise of a test was rejected by it. */
  | { readonly kind: "stray"; readonly error: string }
  /** Something went wrong outside of the tests. */
  | { readonly kind: "note"; readonly text: string }
  /** All tests of the file are over. */
  | { readonly kind: "end" }
  /** What comes before the tests has failed, and would fail those of the next file, too. */
  | { readonly kind: "spoiled" }

const endMark = "(end of the file)"

/** The name of the test that a worker adds after those of a file. */
export function endOf(file: string): string {
  return `${file} ${endMark}`
}

/** Whether this is the name of such a test. */
export function isEnd(name: string): boolean {
  return name.endsWith(endMark)
}

/** Sends to the parent. Prints a note once the parent no longer listens. */
export function tellParent(message: Message): void {
  if (process.connected) process.send?.(message)
  else if (message.kind === "note") process.stderr.write(`${message.text}\n`)
}
