// Requests as handlers get them, of which a test says only what it is about.

import type { HttpRequest } from "../../src/http/message.ts"

/** Makes a GET of `/` without headers, or what `members` say instead. */
export function makeRequest(
  members: Partial<Omit<HttpRequest, "headers" | "body">> & {
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string | Uint8Array
  } = {},
): HttpRequest {
  const { headers = {}, body = "", ...rest } = members
  return {
    id: "request-1",
    method: "GET",
    path: "/",
    query: "",
    clientAddress: "127.0.0.1",
    isProxied: false,
    ...rest,
    headers: new Map(Object.entries(headers)),
    body: Buffer.from(body),
  }
}
