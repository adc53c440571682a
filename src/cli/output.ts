// Standard output or standard error, as a terminal, a pipe or a file. Text that is written arrives
// whole, or the loss is reported.

import { systemCode } from "../errors.ts"
import { openFileWriter } from "../system/descriptor.ts"
import type { Terminal } from "./terminal.ts"

/** Standard output, or the one for errors; see Terminal. */
interface Output {
  readonly write: Terminal["print"]
  readonly unreadBytes: Terminal["unreadBytes"]
  readonly settle: Terminal["settle"]
}

type ProcessStream = NodeJS.WriteStream & { readonly fd: number }

/** The reader closed the pipe (`postern user list | head -1`). That is no loss. */
const readerGone: readonly string[] = ["EPIPE", "ECONNRESET", "ERR_STREAM_DESTROYED"]

/** Makes the output of a stream of the process. */
export function createOutput(stream: ProcessStream): Output {
  const writeToFile = openFileWriter(stream.fd)
  let lost: string | null = null
  const fail = (error: unknown) => {
    const code = systemCode(error) ?? String(error)
    if (!readerGone.includes(code)) lost ??= code
  }
  // Writers handle errors below. Without a listener an error would end the process.
  stream.on("error", () => {})
  return {
    unreadBytes: () => stream.writableLength,
    write(text, onFailure) {
      if (writeToFile === null) {
        stream.write(text, (error) => {
          if (!error) return
          fail(error)
          onFailure?.(0)
        })
        return
      }
      const { taken, error } = writeToFile(Buffer.from(text))
      if (error === null) return
      fail(error)
      onFailure?.(taken)
    },
    async settle(millisMax) {
      if (writeToFile === null) await written(stream, millisMax)
      return lost
    },
  }
}

// The empty text is written after all text before it.
function written(stream: ProcessStream, millisMax: number | null): Promise<void> {
  return new Promise((resolve) => {
    const timer = millisMax === null ? undefined : setTimeout(resolve, millisMax)
    stream.write("", () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
