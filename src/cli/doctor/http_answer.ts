// Reads an HTTP/1.x answer from bytes, without interpreting it: names, values and order of headers
// stay as they came. Pure.

import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib"

/** An answer as it arrived. */
export interface HttpAnswer {
  readonly status: number
  readonly httpVersion: string
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[]
  /** Without its transfer coding. */
  readonly body: Buffer
}

/** The bytes so far: an answer, no answer yet, or something else than HTTP. */
export type Reading = HttpAnswer | "more" | "not_http"

interface Head extends Omit<HttpAnswer, "body"> {
  readonly bytes: number
}

const bodyBytesMax = 1024 * 1024

/** Reads what has arrived. `isEnded`: nothing more will come. */
export function readAnswer(
  bytes: Buffer,
  { isHead, isEnded }: { readonly isHead: boolean; readonly isEnded: boolean },
): Reading {
  let rest = bytes
  for (;;) {
    const head = readHead(rest)
    if (head === "more" || head === "not_http") return head
    rest = rest.subarray(head.bytes)
    // 100 Continue and 103 Early Hints stand before the answer.
    if (head.status < 200 && head.status !== 101) continue
    const { status, httpVersion, rawHeaders } = head
    const isBodyless = isHead || status === 204 || status === 304 || status === 101
    const body = isBodyless ? Buffer.alloc(0) : readBody(rest, rawHeaders, isEnded)
    return Buffer.isBuffer(body) ? { status, httpVersion, rawHeaders, body } : body
  }
}

/** The values of a header, in the order in which they came. */
export function valuesOf(rawHeaders: readonly string[], name: string): readonly string[] {
  const wanted = name.toLowerCase()
  return rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === wanted)
}

/** The values of a header as one, or undefined without it. */
export function headerOf(rawHeaders: readonly string[], name: string): string | undefined {
  const values = valuesOf(rawHeaders, name)
  return values.length === 0 ? undefined : values.join(", ")
}

/** The body without its content coding; null when the coding is unknown or the body is damaged. */
export function decodedBody({ rawHeaders, body }: HttpAnswer): Buffer | null {
  const coding = headerOf(rawHeaders, "content-encoding")?.toLowerCase()
  const limit = { maxOutputLength: bodyBytesMax }
  try {
    if (coding === undefined || coding === "identity") return body
    if (coding === "gzip" || coding === "x-gzip") return gunzipSync(body, limit)
    if (coding === "deflate") return inflateSync(body, limit)
    return coding === "br" ? brotliDecompressSync(body, limit) : null
  } catch {
    return null
  }
}

/** The body without its content coding, or as it came where that can't be undone. */
export function readableBody(answer: HttpAnswer): Buffer {
  return decodedBody(answer) ?? answer.body
}

/** Whether the connection goes on after this answer. */
export function keepsConnection({ httpVersion, rawHeaders }: HttpAnswer): boolean {
  const isFramed =
    headerOf(rawHeaders, "content-length") !== undefined ||
    headerOf(rawHeaders, "transfer-encoding") !== undefined
  const options = headerOf(rawHeaders, "connection")?.toLowerCase() ?? ""
  return httpVersion === "1.1" && isFramed && !options.includes("close")
}

function readHead(bytes: Buffer): Head | "more" | "not_http" {
  const end = bytes.indexOf("\r\n\r\n")
  const text = bytes.toString("latin1", 0, end === -1 ? bytes.byteLength : end)
  if (!"HTTP/1.".startsWith(text.slice(0, 7)) && !text.startsWith("HTTP/1.")) return "not_http"
  if (end === -1) return "more"
  const [start = "", ...lines] = text.split("\r\n")
  const [, httpVersion = "", status] = /^HTTP\/(1\.\d) (\d{3})(?: |$)/.exec(start) ?? []
  if (status === undefined) return "not_http"
  const rawHeaders = lines.flatMap((line) => {
    const colon = line.indexOf(":")
    return [line.slice(0, colon), line.slice(colon + 1).trim()]
  })
  return { status: Number(status), httpVersion, rawHeaders, bytes: end + 4 }
}

function readBody(
  bytes: Buffer,
  rawHeaders: readonly string[],
  isEnded: boolean,
): Buffer | "more" | "not_http" {
  const coding = headerOf(rawHeaders, "transfer-encoding")?.toLowerCase()
  if (coding === "chunked") return readChunks(bytes)
  const length = headerOf(rawHeaders, "content-length")
  if (length !== undefined) {
    const size = Number(length)
    if (!/^\d+$/.test(length) || size > bodyBytesMax) return "not_http"
    return bytes.byteLength >= size ? bytes.subarray(0, size) : "more"
  }
  if (bytes.byteLength > bodyBytesMax) return "not_http"
  return isEnded ? bytes : "more"
}

function readChunks(bytes: Buffer): Buffer | "more" | "not_http" {
  const chunks: Buffer[] = []
  for (let at = 0; ; ) {
    const end = bytes.indexOf("\r\n", at)
    if (end === -1) return "more"
    const size = /^([0-9a-f]{1,8})(?:;|$)/i.exec(bytes.toString("latin1", at, end))?.[1]
    if (size === undefined) return "not_http"
    const length = Number.parseInt(size, 16)
    const start = end + 2
    if (bytes.byteLength < start + length + 2) return "more"
    if (length === 0) return Buffer.concat(chunks)
    chunks.push(bytes.subarray(start, start + length))
    at = start + length + 2
  }
}
