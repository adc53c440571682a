// The refusals that the server makes by itself, beside those of heads (head.ts) and of Node's
// parser (parser_refusal.ts).

import type { HttpLimits } from "./limits.ts"
import { type Refusal, refusalOf } from "./refusal.ts"

/** Too much memory is held already (held_memory.ts). */
export const noRoom = refusalOf({
  reason: "no_memory",
  code: "temporarily_unavailable",
  msg: "Too many requests at a time",
  headers: { "Retry-After": "1" },
})

/** A chunked body, while somebody sends too many small chunks (chunk_flood.ts). */
export const chunkFlood = refusalOf({
  reason: "chunk_flood",
  code: "temporarily_unavailable",
  msg: "Too many small chunks at a time: send a Content-Length, or try again",
  headers: { "Retry-After": "1" },
})

/** An `Expect` that is not met. */
export const otherExpectation = refusalOf({
  reason: "expectation",
  code: "expectation_failed",
  msg: "The only expectation met is 100-continue",
})

/** CONNECT. */
export const noProxy = refusalOf({
  reason: "connect",
  code: "method_not_allowed",
  msg: "This is no proxy",
  headers: { Allow: "" },
})

/** Why a body is not read to its end. */
export interface BodyRefusals {
  readonly tooLarge: Refusal
  readonly tooManyChunks: Refusal
  readonly noRoom: Refusal
}

/** Makes them for these limits. */
export function bodyRefusals({
  bodyBytesMax,
  bodyChunksMax,
}: Pick<HttpLimits, "bodyBytesMax" | "bodyChunksMax">): BodyRefusals {
  return {
    tooLarge: refusalOf({
      reason: "body_too_large",
      code: "content_too_large",
      msg: `A body may have ${bodyBytesMax} bytes`,
    }),
    tooManyChunks: refusalOf({
      reason: "too_many_chunks",
      code: "content_too_large",
      msg: `A body may arrive in ${bodyChunksMax} pieces`,
    }),
    noRoom,
  }
}
