// The refusals for faults that Node's HTTP parser finds. Protocols other than HTTP/1.1 are
// recognised by their first bytes, so that the log names the mistake in a proxy's settings.

import {
  headTooLarge,
  type Refusal,
  type RefusalText,
  type RequestRefusalReason,
  refusalOf,
} from "./refusals.ts"

/** A fault as Node reports it: its code, and the bytes in which it was found, if any. */
export interface ParserFault {
  readonly code?: string | undefined
  readonly rawPacket?: Uint8Array | undefined
}

const notHttp: RefusalText = {
  reason: "not_http",
  code: "invalid_request",
  msg: "The request is not valid HTTP/1.1",
}

const texts: Readonly<Record<string, RefusalText>> = {
  HPE_HEADER_OVERFLOW: headTooLarge,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: {
    reason: "chunk_extensions",
    code: "content_too_large",
    msg: "The body's chunk extensions are too large",
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    reason: "timeout",
    code: "request_timeout",
    msg: "The request took too long to arrive",
  },
}

/** Faults that all get the message of `notHttp`. */
const reasons: Readonly<Record<string, RequestRefusalReason>> = {
  HPE_INVALID_METHOD: "method",
  HPE_INVALID_URL: "target",
  HPE_INVALID_VERSION: "http_version",
  HPE_INVALID_CONSTANT: "http_version",
  HPE_INVALID_HEADER_TOKEN: "header",
  HPE_INVALID_CONTENT_LENGTH: "framing",
  HPE_UNEXPECTED_CONTENT_LENGTH: "framing",
  HPE_INVALID_TRANSFER_ENCODING: "framing",
  HPE_INVALID_CHUNK_SIZE: "framing",
  HPE_INVALID_EOF_STATE: "cut_off",
}

/** Protocols by their first characters. */
const protocols: readonly (readonly [beginnings: readonly string[], text: RefusalText])[] = [
  [
    // Version 1 is a line of text. Version 2 is a signature, and Node may have skipped its first
    // blank lines (haproxy.org, proxy-protocol.txt §2).
    ["PROXY ", "\r\n\r\n\0\r\nQUIT\n", "\r\n\0\r\nQUIT\n", "\0\r\nQUIT\n"],
    {
      reason: "proxy_protocol",
      code: "invalid_request",
      msg: "The PROXY protocol is not supported: send plain HTTP/1.1",
    },
  ],
  [
    // RFC 9113 §3.4.
    ["PRI * HTTP/2"],
    { reason: "http2", code: "http_version_not_supported", msg: "Use HTTP/1.1" },
  ],
  [
    // A handshake record (RFC 8446 §5.1).
    ["\x16\x03"],
    {
      reason: "tls",
      code: "invalid_request",
      msg: "This port takes plain HTTP/1.1: TLS ends at the proxy in front",
    },
  ],
]
const beginningBytes = 16
/** The beginning of a path is enough to find the routes of proxies. */
const startBytes = 256

/** The refusal for a fault that Node's parser found. */
export function parserRefusal({ code = "", rawPacket }: ParserFault): Refusal {
  const text = Object.hasOwn(texts, code) ? texts[code] : protocolOf(rawPacket)
  if (text !== undefined) return refusalOf(text)
  const reason = Object.hasOwn(reasons, code) ? reasons[code] : undefined
  return refusalOf({ ...notHttp, reason: reason ?? notHttp.reason })
}

/** Method and path of a head of which only bytes are known. Null when they begin elsewhere. */
export function startInBytes(
  packet: Uint8Array | undefined,
): { readonly method: string; readonly path: string } | null {
  const start = Buffer.from(packet?.subarray(0, startBytes) ?? []).toString("latin1")
  const [, method, path] = /^[\r\n]*([A-Z-]+) (\/[^\s?#]*)/.exec(start) ?? []
  return method === undefined || path === undefined ? null : { method, path }
}

function protocolOf(packet: Uint8Array | undefined): RefusalText | undefined {
  if (packet === undefined) return undefined
  const beginning = String.fromCharCode(...packet.subarray(0, beginningBytes))
  const isOneOf = (beginnings: readonly string[]) =>
    beginnings.some((one) => beginning.startsWith(one))
  return protocols.find(([beginnings]) => isOneOf(beginnings))?.[1]
}
