// The questions of the doctor. None is a login, none holds a secret, none changes anything:
// requests without a token get the refusal that Postern gives to everybody.

import { markerHeader } from "../../admin/request_watch.ts"
import type { Question } from "./exchange.ts"
import type { PublicAddress } from "./public_address.ts"

/** A question, before it is marked. */
export interface Probe {
  readonly name: string
  readonly method: string
  /** Below the public address, or from the root of its host. */
  readonly path: string
  readonly isFromRoot?: true
  /** Names and values in turn, beside those of every question or in their place. */
  readonly headers?: readonly string[]
  readonly body?: string
  /** What the service is asked to do to its reply (admin/request_watch.ts). */
  readonly wishes?: string
  readonly secondsMax?: number
}

/** What a client claims about itself. Nothing of it may be believed (RFC 5737 §3, RFC 2606 §2). */
export const forged = {
  address: "203.0.113.66",
  host: "forged.invalid",
  uri: "/forged",
  user: "forged",
  method: "DELETE",
} as const

const forgedHeaders: readonly string[] = [
  ...["X-Forwarded-For", forged.address, "X-Real-IP", forged.address],
  ...["Forwarded", `for=${forged.address};proto=http;host=${forged.host}`],
  ...["X-Forwarded-Host", forged.host, "X-Forwarded-Proto", "http"],
  ...["X-Forwarded-Uri", forged.uri, "X-Forwarded-Method", forged.method],
  ...["Remote-User", forged.user, "Remote-Groups", forged.user],
]

/** How long a login may wait for its turn, and then for its hash. */
export const slowReplySeconds = 6
/** A reply's head with the longest address that Postern redirects to. */
const paddingBytes = 6_000
/** The longest body and target that Postern takes. */
const bodyBytes = 16 * 1024
const targetBytes = 1_900
const cookieBytes = 4_000

const json: readonly string[] = ["Content-Type", "application/json"]
const page: readonly string[] = [
  ...["Accept", "text/html,application/xhtml+xml,*/*;q=0.8"],
  ...["Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"],
]

const call: readonly string[] = [
  ...["Accept", "application/json", "Sec-Fetch-Mode", "cors"],
  ...["Sec-Fetch-Site", "same-origin", "Cookie", "doctor=1; theme=a"],
]

/** The first question: whether Postern answers at all. */
export const firstProbe: Probe = { name: "first", method: "GET", path: "/me" }

/** The questions to the login host. */
export function loginProbes(
  { origin, path }: PublicAddress,
  { hasPages }: { readonly hasPages: boolean },
): readonly Probe[] {
  const metadata = "/.well-known/oauth-authorization-server"
  const own: readonly string[] = [
    ...["Authorization", "Bearer postern-doctor", "Cookie", "doctor=1; theme=a%20b%22"],
    ...["Origin", origin, "Referer", `${origin}/`, "If-None-Match", '"doctor"'],
    ...["Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty"],
    ...["X-Requested-With", "doctor"],
  ]
  return [
    { name: "slow", method: "GET", path: "/me", wishes: `wait=${slowReplySeconds}`, secondsMax: 9 },
    { name: "metadata", method: "GET", path: `${metadata}${path}`, isFromRoot: true },
    { name: "keys", method: "GET", path: "/.well-known/jwks.json" },
    { name: "headers", method: "GET", path: "/me", headers: own },
    { name: "forged", method: "GET", path: "/me", headers: forgedHeaders },
    { name: "query", method: "GET", path: "/me?b=2&a=1%20x+y&a=&&c=%C3%A9%2F" },
    { name: "spelling", method: "GET", path: "/doctor/a%2Fb//%7Ec" },
    { name: "login", method: "POST", path: "/login", headers: json, body: bodyOf(bodyBytes) },
    { name: "small_login", method: "POST", path: "/login", headers: json, body: "{}" },
    { name: "refresh", method: "POST", path: "/refresh", headers: json, body: "{}" },
    { name: "logout", method: "POST", path: "/logout", headers: json, body: "{}" },
    { name: "password", method: "POST", path: "/password", headers: json, body: "{}" },
    { name: "sessions", method: "GET", path: "/sessions" },
    { name: "end_sessions", method: "DELETE", path: "/sessions" },
    { name: "end_session", method: "DELETE", path: "/sessions/doctor" },
    { name: "options", method: "OPTIONS", path: "/login", headers: ["Origin", origin] },
    { name: "head", method: "HEAD", path: "/me" },
    {
      ...{ name: "large_head", method: "GET", path: `/me?long=${"l".repeat(targetBytes)}` },
      headers: ["Cookie", `long=${"c".repeat(cookieBytes)}`],
    },
    { name: "cookie", method: "GET", path: "/.well-known/jwks.json", wishes: "cookie" },
    ...(hasPages
      ? ([
          { name: "login_page", method: "GET", path: "/login", headers: page },
          { name: "continue", method: "GET", path: "/continue", headers: page },
          { name: "large_reply", method: "GET", path: "/me", wishes: `padding=${paddingBytes}` },
        ] as const)
      : []),
  ]
}

/** Asked twice, word for word: a cache would answer the second. */
export const cacheProbes: readonly Probe[] = [
  { name: "cached_refusal", method: "GET", path: "/me" },
  { name: "cached_reply", method: "GET", path: "/livez" },
]

/** Asked one after the other on one connection. */
export const turnProbes: readonly Probe[] = [1, 2, 3, 4].map((turn) => {
  return { ...firstProbe, name: `turn_${turn}` }
})

/** Paths and methods that proxies like to treat in a way of their own. */
const bypasses: readonly (readonly [method: string, path: string])[] = [
  ...[
    "/",
    "/doctor.png",
    "/static/doctor.js",
    "/api/doctor",
    "/robots.txt",
    "/doctor//a/%2e/b",
  ].map((path) => ["GET", path] as const),
  ...["HEAD", "POST", "PUT", "DELETE", "OPTIONS"].map((method) => [method, "/doctor"] as const),
]

/** The questions to a host that needs a login. */
export const gateProbes: readonly Probe[] = [
  { name: "gate", method: "GET", path: "/doctor/a?b=1%20x", headers: page },
  { name: "gate_forged", method: "GET", path: "/doctor", headers: [...page, ...forgedHeaders] },
  { name: "gate_long", method: "GET", path: `/doctor/${"l".repeat(1_700)}`, headers: page },
  {
    ...{ name: "gate_large", method: "GET", path: `/doctor?${"l".repeat(4_000)}` },
    headers: [...call, "X-Doctor", "h".repeat(4_000)],
  },
  // As Git asks, for hosts that let machines in.
  { name: "gate_program", method: "GET", path: "/doctor" },
  ...bypasses.map(([method, path]) => ({
    ...{ name: "gate_bypass", method, path, headers: call },
    ...(method === "POST" || method === "PUT" ? { body: "{}" } : {}),
  })),
]

/** A question with its mark. */
export function questionOf(
  probe: Probe,
  { address, mark }: { readonly address: PublicAddress; readonly mark: string },
): Question {
  const { method, path, isFromRoot, headers = [], body, wishes } = probe
  const target = `${isFromRoot ? "" : address.path}${path}`
  const all = [
    ...["Host", address.host, "User-Agent", "Mozilla/5.0 (compatible; postern-doctor)"],
    ...["Accept", "*/*", "Accept-Language", "en", "Accept-Encoding", "gzip"],
    ...[markerHeader, wishes === undefined ? mark : `${mark}; ${wishes}`],
  ]
  const names = headers.filter((_, at) => at % 2 === 0)
  const others = all.filter((_, at) => !names.includes(all[at - (at % 2)] ?? ""))
  return {
    method,
    target: `${target}${target.includes("?") ? "&" : "?"}doctor=${mark}`,
    rawHeaders: [...others, ...headers],
    ...(body === undefined ? {} : { body }),
  }
}

function bodyOf(bytes: number): string {
  const [start, end] = ['{"postern_doctor":"', '"}']
  return `${start}${"b".repeat(bytes - start.length - end.length)}${end}`
}
