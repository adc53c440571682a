// Reads a request's body, up to a limit.

import type { Readable } from "node:stream"
import type { Refusal } from "./refusal.ts"

/** A body that is being read. */
export interface BodyReading {
  /** The body; or what to answer without it; or null when the client has gone. */
  readonly result: Promise<Buffer | Refusal | null>
  /** Gives up, with the answer to that. */
  refuse(refusal: Refusal): void
}

/** Starts to read; `tooLarge` is the answer to a body of more than `bytesMax`. */
export function readBody(
  source: Readable,
  { bytesMax, tooLarge }: { readonly bytesMax: number; readonly tooLarge: Refusal },
): BodyReading {
  let refuse: (refusal: Refusal) => void = () => {}
  const result = new Promise<Buffer | Refusal | null>((resolve) => {
    const chunks: Buffer[] = []
    let bytes = 0
    refuse = resolve
    source.on("data", (chunk: Buffer) => {
      bytes += chunk.byteLength
      if (bytes <= bytesMax) chunks.push(chunk)
      else resolve(tooLarge)
    })
    source.on("end", () => resolve(Buffer.concat(chunks)))
    source.on("error", () => resolve(null))
    source.on("close", () => resolve(null))
  })
  return { result, refuse }
}
