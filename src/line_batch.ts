// Makes and writes log lines together that come in one turn of the event loop: a system call for
// each request would cost a third of answering it, and a line made among other work takes twice
// as long as one after the other. What is urgent is written at once, after what came before it.

/** Takes what makes lines, each with its newline. */
export interface LineBatch {
  write(line: () => string, isUrgent: boolean): void
  /** Writes what waits: before the process ends, too. */
  flush(): void
}

/** Beyond that, a longer text is worth nothing. */
const linesMax = 256

/** Makes a batch; `print` gets one or more lines at once. */
export function createLineBatch(print: (text: string) => void): LineBatch {
  let waiting: (() => string)[] = []
  const flush = () => {
    if (waiting.length === 0) return
    const lines = waiting
    waiting = []
    print(lines.map((line) => line()).join(""))
  }
  return {
    flush,
    write(line, isUrgent) {
      if (waiting.length === 0 && !isUrgent) setImmediate(flush)
      waiting.push(line)
      if (isUrgent || waiting.length >= linesMax) flush()
    },
  }
}
