// H-01 to H-14 and H-20 to H-29 as bytes: requests that are refused whatever the route.

import { gzipSync } from "node:zlib"

/** Where a row is sent. */
export interface Target {
  readonly method: string
  readonly path: string
}

/** A request that no route may answer. */
export interface RawRow {
  readonly name: string
  readonly send: (target: Target) => string | Buffer
  readonly statuses: readonly number[]
}

const host = "Host: localhost"
const end = "\r\n\r\n"

/** A thousand times as much once it is unpacked. */
const bomb = gzipSync(Buffer.alloc(1_000_000)).toString("latin1")

/** A request of these header lines, `Host` among them unless they say otherwise. */
function withLines(name: string, lines: readonly string[], body: string, statuses = [400]): RawRow {
  return {
    name,
    statuses,
    send: ({ method, path }) =>
      Buffer.from(
        `${[`${method} ${path} HTTP/1.1`, ...lines].join("\r\n")}${end}${body}`,
        "latin1",
      ),
  }
}

function withTarget(
  name: string,
  target: (path: string) => string,
  statuses: readonly number[],
): RawRow {
  const send: RawRow["send"] = ({ method, path }) =>
    Buffer.from(`${method} ${target(path)} HTTP/1.1\r\n${host}${end}`, "latin1")
  return { name, send, statuses }
}

const length = (value: string) => [host, `Content-Length: ${value}`]
const coding = (value: string) => [host, `Transfer-Encoding: ${value}`]
const chunk = "5\r\nhello\r\n0\r\n\r\n"
const many = (count: number, text = "v") =>
  Array.from({ length: count }, (_, at) => `X-${at}: ${text}`)

const framing: readonly RawRow[] = [
  withLines("H-01 length and coding", [...length("4"), "Transfer-Encoding: chunked"], chunk),
  withLines("H-01 coding and length", [...coding("chunked"), "Content-Length: 4"], chunk),
  withLines("H-02 one length twice", [...length("5"), "Content-Length: 5"], "hello"),
  withLines("H-02 two lengths", [...length("5"), "Content-Length: 6"], "hello!"),
  ...["5, 5", "+5", "-5", "0x5", "5 5", "5;", "a", "", "99999999999999999999"].map((value) =>
    withLines(`H-02 the length '${value}'`, length(value), "hello", [400, 413]),
  ),
  withLines("H-03 a blank before the colon", [host, "Content-Length : 5"], "hello"),
  withLines("H-03 a blank before the first name", [" Content-Length: 5", host], "hello"),
  ...["x", "chunked, identity", "identity", "chunked, chunked", "\x0bchunked", "xchunked"].map(
    (value) => withLines(`H-04 the coding '${value}'`, coding(value), chunk, [400, 501]),
  ),
  withLines("H-04 one coding twice", [...coding("chunked"), "Transfer-Encoding: chunked"], chunk),
  withLines("H-04 a folded coding", [host, "Transfer-Encoding:", " chunked"], chunk, [400, 501]),
  withLines("H-05 gzip, then chunked", coding("gzip, chunked"), chunk, [400, 415, 501]),
  ...["0x5", "-5", "5 ", " 5", "+5", "", "5_0", "fffffffffffffffff"].map((size) =>
    withLines(`H-06 the chunk size '${size}'`, coding("chunked"), `${size}\r\nhello\r\n0\r\n\r\n`),
  ),
  withLines("H-06 a chunk with LF alone", coding("chunked"), "5\nhello\n0\n\n"),
  withLines("H-06 a chunk longer than its size", coding("chunked"), "2\r\nhello\r\n0\r\n\r\n"),
  withLines(
    "H-07 a chunk extension of 20,000 bytes",
    coding("chunked"),
    `5;${"x".repeat(20_000)}\r\nhello\r\n0\r\n\r\n`,
    [400, 413],
  ),
]

const lines: readonly RawRow[] = [
  {
    name: "H-10 LF alone",
    send: ({ method, path }) => `${method} ${path} HTTP/1.1\n${host}\n\n`,
    statuses: [400],
  },
  withLines("H-10 a bare CR in a value", [host, "X: a\rb"], ""),
  withLines("H-10 a folded header", [host, "X: a", " b"], ""),
  withLines("H-10 a NUL in a value", [host, "X: a\0b"], ""),
  withLines("H-10 a parenthesis in a name", [host, "X(y): a"], ""),
  withLines("H-10 an empty name", [host, ": a"], ""),
  withLines("H-10 a line without colon", [host, "X"], ""),
  {
    name: "H-11 CR LF CR X",
    send: ({ method, path }) => `${method} ${path} HTTP/1.1\r\n${host}\r\n\rX\r\n\r\n`,
    statuses: [400],
  },
  ...["1.2", "2.0", "3.0", "0.9", "1", "1.10", ""].map(
    (version): RawRow => ({
      name: `H-12 HTTP/${version}`,
      send: ({ method, path }) => `${method} ${path} HTTP/${version}\r\n${host}${end}`,
      statuses: [400, 505],
    }),
  ),
  { name: "H-12 HTTP/0.9", send: ({ path }) => `GET ${path}\r\n\r\n`, statuses: [400, 505] },
  {
    name: "H-12 HTTP/1.0 without host",
    send: ({ method, path }) => `${method} ${path} HTTP/1.0${end}`,
    statuses: [400],
  },
  {
    name: "HTTP/1.0 with chunks",
    send: ({ method, path }) =>
      `${method} ${path} HTTP/1.0\r\n${coding("chunked").join("\r\n")}${end}${chunk}`,
    statuses: [400],
  },
  { name: "H-12 HTTP/2", send: () => `PRI * HTTP/2.0${end}SM${end}`, statuses: [400, 505] },
  {
    name: "H-12 a TLS hello",
    send: () => Buffer.from("16030100a5010000a103030123456789abcdef", "hex"),
    statuses: [400],
  },
]

const hosts: readonly RawRow[] = [
  withLines("H-13 no host", [], ""),
  withLines("H-13 two hosts", [host, "Host: evil"], "", [400, 421]),
  withLines("H-13 one host twice", [host, host], "", [400, 421]),
  ...["", "a b@c/..:99999", "a@b", "a/b", "a,b", "http://a", "[::1", "a:b", "\xe4"].map((value) =>
    withLines(`H-13 the host '${value}'`, [`Host: ${value}`], "", [400, 421]),
  ),
]

const targets: readonly RawRow[] = [
  withTarget("H-14 an absolute form", (path) => `http://evil${path}`, [400, 404, 421]),
  withTarget("H-14 an absolute form of this host", (path) => `http://localhost${path}`, [400]),
  withTarget("H-15 a torn absolute form", () => "http://[::1", [400, 404]),
  withTarget("H-20 a blank", (path) => `${path} x`, [400]),
  withTarget("H-20 a tab", (path) => `${path}\tx`, [400]),
  withTarget("H-20 8-bit letters", (path) => `${path}\xff`, [400, 404]),
  withTarget("H-20 a NUL", (path) => `${path}\0`, [400]),
  withTarget("H-21 a target of 3 KB", (path) => `${path}?${"a".repeat(3000)}`, [414]),
  withTarget("H-21 a target of 17 KB", (path) => `${path}?${"a".repeat(17_000)}`, [414, 431]),
  withTarget("H-21 3500 parameters", (path) => `${path}?${"a=1&".repeat(3500)}`, [414, 431]),
  { name: "H-22 OPTIONS *", send: () => `OPTIONS * HTTP/1.1\r\n${host}${end}`, statuses: [400] },
  ...["FOO", "get", "Get", "G\0T", "GET\x7f", ""].map(
    (method): RawRow => ({
      name: `H-22 the method '${method}'`,
      send: ({ path }) => `${method} ${path} HTTP/1.1\r\n${host}${end}`,
      statuses: [400, 405, 501],
    }),
  ),
  ...["TRACE", "QUERY", "PROPFIND", "LINK"].map(
    (method): RawRow => ({
      name: `H-22 the method ${method}`,
      send: ({ path }) => `${method} ${path} HTTP/1.1\r\n${host}${end}`,
      statuses: [400, 405, 501],
    }),
  ),
  {
    name: "H-22 CONNECT",
    send: () => "CONNECT evil:443 HTTP/1.1\r\nHost: evil:443\r\n\r\n",
    statuses: [400, 405, 501],
  },
]

const heads: readonly RawRow[] = [
  withLines("H-26 an expectation of its own", [host, "Expect: a-miracle"], "", [417]),
  withLines("H-26 two expectations", [host, "Expect: 100-continue", "Expect: x"], "", [400]),
  withLines(
    "H-26 too much to continue with",
    [...length("1000000"), "Expect: 100-continue"],
    "",
    [413],
  ),
  ...["Authorization: Bearer x", "Content-Type: application/json", "Content-Encoding: gzip"].map(
    (line) => withLines(`H-27 '${line}' twice`, [host, line, line], ""),
  ),
  withLines("H-29 a header of 17 KB", [host, `X: ${"a".repeat(17_000)}`], "", [431]),
  withLines("H-29 101 headers", [host, ...many(100)], "", [431]),
  withLines("H-29 2500 tiny headers", [host, ...many(2500, "")], "", [431]),
  withLines(
    "H-29 1500 headers, then those that matter",
    [...many(1500, ""), host, "Authorization: Bearer x", "X-Forwarded-For: 1.2.3.4"],
    "",
    [431],
  ),
  ...["gzip", "br", "deflate", "identity"].map((value) =>
    withLines(
      `H-35 the content coding ${value}`,
      [...length("2"), `Content-Encoding: ${value}`],
      "{}",
      [415],
    ),
  ),
  withLines(
    "H-35 a bomb",
    [...length(`${bomb.length}`), "Content-Type: application/json", "Content-Encoding: gzip"],
    bomb,
    [415],
  ),
  withLines("H-39 1 MB with a length", length("1000000"), "a".repeat(1_000_000), [413]),
  withLines("H-39 one byte too many", length("16385"), "a".repeat(16_385), [413]),
  withLines(
    "H-39 1 MB in chunks",
    coding("chunked"),
    `${`4000\r\n${"a".repeat(0x4000)}\r\n`.repeat(64)}0\r\n\r\n`,
    [413],
  ),
]

/** The rows. */
export const rawRows: readonly RawRow[] = [...framing, ...lines, ...hosts, ...targets, ...heads]
