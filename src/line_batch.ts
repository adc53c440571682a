// Writes log lines together that come in one turn of the event loop: a system call for each request
// would cost a third of answering it. What is urgent is written at once, after what came before it.

/** Takes lines, each with its newline. */
export interface LineBatch {
  write(line: string, isUrgent: boolean): void
  /** Writes what waits: before the process ends, too. */
  flush(): void
}

/** A line later than that is not worth a longer text. */
const lengthMax = 64 * 1024

/** Makes a batch; `print` gets one or more lines at once. */
export function createLineBatch(print: (text: string) => void): LineBatch {
  let waiting = ""
  const flush = () => {
    if (waiting === "") return
    const text = waiting
    waiting = ""
    print(text)
  }
  return {
    flush,
    write(line, isUrgent) {
      if (waiting === "" && !isUrgent) setImmediate(flush)
      waiting += line
      if (isUrgent || waiting.length >= lengthMax) flush()
    },
  }
}
