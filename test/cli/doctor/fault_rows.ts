// Faults that no proxy of Debian has by a line of its file, and mistaken settings, with what the
// doctor says of each.

import { forward, type Script } from "./scripted_proxy.ts"

/** A row. */
export interface FaultRow {
  readonly name: string
  readonly settings?: Readonly<Record<string, string>>
  readonly script?: Script
  /** The address that is asked; by default that of the service. */
  readonly url?: string
  readonly says: readonly RegExp[]
}

const nothingMore = /^unknown: all else/

function changeHeader(headers: string[], name: string, change: (value: string) => string): void {
  for (const [at, text] of headers.entries()) {
    if (at % 2 === 0 && text.toLowerCase() === name) headers[at + 1] = change(headers[at + 1] ?? "")
  }
}

function own(status: number, body: string, headers: readonly string[] = []) {
  return { status, headers: ["Content-Type", "text/html", ...headers], body: Buffer.from(body) }
}

let calls = 0

/** Faults of proxies. */
export const scriptedRows: readonly FaultRow[] = [
  { name: "all is well", says: [] },
  {
    name: "the clock of the proxy",
    script: {
      answer({ headers }) {
        changeHeader(headers, "date", (text) => new Date(Date.parse(text) + 90_000).toUTCString())
      },
    },
    says: [/^wrong: clock: The date of answers is (?:89|90|91) s ahead of this machine's clock$/],
  },
  {
    name: "the letters of tokens",
    script: {
      request: ({ headers }) =>
        changeHeader(headers, "authorization", (text) => text.toLowerCase()) as undefined,
    },
    says: [/^wrong: request headers: The proxy changes the header authorization/],
  },
  {
    name: "half of a body",
    script: {
      request(passing) {
        if (passing.body.byteLength < 10_000) return undefined
        passing.body = passing.body.subarray(0, 8_192)
        changeHeader(passing.headers, "content-length", () => "8192")
        return undefined
      },
    },
    says: [/^wrong: request bodies: .*16384 bytes of POST \/login arrive as 8192 bytes$/],
  },
  {
    name: "one byte of a body",
    script: {
      request(passing) {
        passing.body = Buffer.from(`${passing.body}`.replace("bbb", "bBb"))
        return undefined
      },
    },
    says: [/^wrong: request bodies: .*16384 bytes of POST \/login arrive as 16384 other bytes$/],
  },
  {
    name: "sorted queries",
    script: {
      request(passing) {
        const [path, query] = passing.target.split("?")
        if (query !== undefined) passing.target = `${path}?${query.split("&").sort().join("&")}`
        return undefined
      },
    },
    says: [/^wrong: path: The proxy changes the query/],
  },
  {
    name: "PUT for POST",
    script: {
      request(passing) {
        if (passing.method === "DELETE") passing.method = "POST"
        return undefined
      },
    },
    says: [/^wrong: path: The proxy turns DELETE into POST$/],
  },
  {
    name: "each request twice",
    script: {
      request(passing) {
        forward(passing).catch(() => {})
        return undefined
      },
    },
    says: [/^wrong: once: The proxy sends a request 2 times$/],
  },
  {
    name: "every third request is lost",
    script: {
      request() {
        calls += 1
        return calls % 3 === 0 ? own(502, "<h1>Bad Gateway") : undefined
      },
    },
    says: [/^wrong: routes: The proxy failed \d+ of \d+ requests \(502\)$/],
  },
  {
    name: "a page for small screens",
    script: { request: () => own(200, "<title>Parked</title><p>Buy this name") },
    says: [
      /^wrong: answer: Something else answers at this address \(200: Parked\), and/,
      nothingMore,
    ],
  },
  {
    name: "a question for the browser",
    script: {
      request: () => own(401, "", ["WWW-Authenticate", 'Negotiate realm="office"']),
    },
    says: [/^wrong: answer: The proxy asks for a login of its own \(Negotiate\)/, nothingMore],
  },
  {
    name: "hangs up",
    script: { request: () => "hang up" },
    says: [
      /^wrong: answer: .* took the request and gave no answer \((?:closed|ECONNRESET)\)$/,
      nothingMore,
    ],
  },
  {
    name: "no escapes in paths",
    script: {
      request: ({ target }) =>
        target.includes("%2F/") || target.includes("//") ? own(404, "no") : undefined,
    },
    says: [/^warning: path: The proxy refuses paths with escapes or doubled slashes \(404\)$/],
  },
  {
    name: "headers that it does not know",
    script: {
      request(passing) {
        const { headers } = passing
        const isGone = (at: number) =>
          /^x-/i.test(headers[at - (at % 2)] ?? "") &&
          !/^x-forwarded/i.test(headers[at - (at % 2)] ?? "")
        passing.headers = headers.filter((_, at) => !isGone(at))
        return undefined
      },
    },
    says: [
      /^warning: request headers: The proxy removes or changes request headers: x-postern-doctor/,
    ],
  },
  {
    name: "the ids of answers",
    script: { answer: ({ headers }) => changeHeader(headers, "x-request-id", () => "edge-1 of 2") },
    says: [/^warning: answers: The proxy writes another X-Request-Id than Postern$/],
  },
]

/** Mistaken settings, behind a good proxy. */
export const settingRows: readonly FaultRow[] = [
  {
    name: "no trusted proxy",
    settings: { POSTERN_TRUSTED_PROXIES: "10.1.2.3" },
    says: [/^wrong: client address: Postern does not trust the proxy at 127\.0\.0\.1$/],
  },
  {
    name: "all private networks are trusted",
    settings: { POSTERN_TRUSTED_PROXIES: "127.0.0.0/8" },
    says: [],
  },
  {
    name: "another name for Forwarded",
    settings: { POSTERN_FORWARDED_HEADER: "Forwarded" },
    says: [
      /^wrong: client address: The proxy writes X-Forwarded-For, and Postern reads Forwarded$/,
    ],
  },
  {
    name: "a host that is not allowed",
    settings: { POSTERN_ALLOWED_HOSTS: "auth.example.org" },
    says: [/^wrong: host: POSTERN_ALLOWED_HOSTS does not have 'login\.example\.org'$/, nothingMore],
  },
  {
    name: "another issuer than the address",
    settings: { POSTERN_ISSUER: "https://auth.example.org" },
    url: "https://login.example.org",
    says: [/^wrong: issuer: Tokens name the issuer 'https:\/\/auth\.example\.org', but/],
  },
  {
    name: "a path in the issuer that the proxy does not know",
    settings: { POSTERN_ISSUER: "https://login.example.org/auth" },
    says: [/^wrong: path: The proxy does not remove the path \/auth of the public address$/],
  },
  {
    name: "idle connections of five seconds",
    settings: { POSTERN_PROXY_KEEP_ALIVE: "5s" },
    says: [
      /^warning: connections: Postern closes idle connections after 5 s, and proxies after 60 s/,
    ],
  },
  {
    name: "a port that nobody listens at",
    url: "https://login.example.org:9",
    says: [/^wrong: answer: Nothing listens at 127\.0\.0\.1 port 9 \(ECONNREFUSED\)$/, nothingMore],
  },
  {
    name: "a name that nobody has",
    url: "https://postern-doctor.invalid",
    says: [
      /answer: The name 'postern-doctor\.invalid' (?:has no address|can't be looked up)/,
      nothingMore,
    ],
  },
]
