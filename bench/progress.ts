// How far a run is, for who waits for it.

/** Shows a step: on a terminal all in one line. */
export function say(text: string): void {
  process.stdout.write(process.stdout.isTTY ? `\r\u001b[K  ${text}` : `  ${text}\n`)
}
