// A browser that visits protected apps: each request goes to its app's proxy, which asks Postern.
// Follows the hand-over between hosts, and keeps the cookies of each host, as browsers do.

import assert from "node:assert/strict"
import type { AccessRule, ProtectedHost } from "../../src/domain/access_rule.ts"
import type { Reply } from "../../src/http/message.ts"
import { type FakeBrowser, openBrowser } from "./fake_browser.ts"
import { createTestService, loginAddress, type TestService } from "./test_service.ts"

/** A rule without words. */
export const anyUser: AccessRule = {
  ...{ open: [], preflight: false, bearer: false, machine: false },
  ...{ roles: null, users: null, freshSeconds: null, mfa: false },
}

/** What tests protect. */
export const apps: readonly ProtectedHost[] = [
  { name: "photos.example.org", ports: [443], rule: anyUser },
  { name: "notes.example.net", ports: [8443], rule: anyUser },
  { name: "admin.example.org", ports: [443], rule: { ...anyUser, roles: ["admin", "ops"] } },
  { name: "bank.example.org", ports: [443], rule: { ...anyUser, freshSeconds: 300 } },
  { name: "bob.example.org", ports: [443], rule: { ...anyUser, users: ["bob"] } },
  {
    name: "git.example.org",
    ports: [443],
    rule: { ...anyUser, bearer: true, preflight: true, open: ["/public/"] },
  },
  { name: "dav.example.org", ports: [443], rule: { ...anyUser, machine: true } },
  {
    name: "code.example.org",
    ports: [443],
    rule: { ...anyUser, machine: true, bearer: true, open: ["/public/"] },
  },
  { name: "*.lab.example.org", ports: [443], rule: anyUser },
]

/** All kinds of proxies. */
export const proxyKinds = ["nginx", "proxy", "envoy"] as const

/** One of them. */
export type ProxyKind = (typeof proxyKinds)[number]

/** A request to an app. */
export interface AppRequest {
  readonly kind?: ProxyKind
  readonly method?: string
  /** Sent by the client; a page is opened unless they say otherwise. */
  readonly headers?: Readonly<Record<string, string>>
  /** Whether the peer of Postern is a trusted proxy; true by default. */
  readonly proxied?: boolean
}

/** Opens a page. */
export const opening = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" }
/** Asks in the background. */
export const background = { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" }

/** Asks as a proxy of this kind does. */
export function askAs(
  kind: ProxyKind,
  service: TestService,
  { url, method = "GET", headers = {}, proxied = true }: AppRequest & { readonly url: string },
): Promise<Reply> {
  const [, proto = "", host = "", rest = ""] = /^(https?):\/\/([^/]+)(.*)$/s.exec(url) ?? []
  const facts = {
    ...{ "x-forwarded-method": method, "x-forwarded-proto": proto },
    ...{ "x-forwarded-host": host, "x-forwarded-uri": rest },
  }
  if (kind === "envoy") {
    return service.call(method, `/verify/envoy${rest}`, { proxied, headers: { host, ...headers } })
  }
  const sent = { host: host.replace(/:\d+$/, ""), ...headers, ...facts }
  return service.call("GET", `/verify/${kind}`, { proxied, headers: sent })
}

/** A browser with many hosts. */
export interface AppBrowser {
  /** The cookies of each host, by name. */
  readonly jars: Map<string, Map<string, string>>
  /** The same browser on the login host. */
  readonly login: FakeBrowser
  /** Asks for an address of an app, and does not follow. */
  ask(url: string, request?: AppRequest): Promise<Reply>
  /** Opens an address and follows redirects from host to host, to the last reply. */
  open(url: string, request?: AppRequest): Promise<{ readonly url: string; readonly reply: Reply }>
}

/** A service with protected apps. */
export function createProtectedService(
  t: Parameters<typeof createTestService>[0],
  options: Parameters<typeof createTestService>[1] = {},
): Promise<TestService> {
  return createTestService(t, { browser: apps, ...options })
}

/** Opens a browser. */
export function openAppBrowser(service: TestService): AppBrowser {
  const login = openBrowser(service)
  const jars = new Map<string, Map<string, string>>()
  const browser: AppBrowser = {
    ...{ jars, login },
    async ask(url, { kind = "proxy", headers = opening, ...request } = {}) {
      const jar = jarOf(jars, url)
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ")
      const sent = { ...(cookie === "" ? {} : { cookie }), ...headers }
      const reply = await askAs(kind, service, { ...request, url, headers: sent })
      assert.ok((reply.cookies ?? []).length <= 1, "nginx passes one cookie on")
      assert.equal(reply.headers["Cache-Control"], "no-store")
      for (const text of reply.cookies ?? []) keep(jar, text)
      return reply
    },
    async open(url, request) {
      const follow = (to: string) =>
        to.startsWith(`${loginAddress}/`)
          ? login.ask(to.slice(loginAddress.length))
          : browser.ask(to, request)
      let reply = await follow(url)
      let at = url
      for (let steps = 0; reply.headers["Location"] !== undefined; steps += 1) {
        assert.ok(steps < 12, `a loop of redirects: ${at}`)
        const next: string = reply.headers["Location"]
        at = next.startsWith("/") ? `${loginAddress}${next}` : next
        reply = await follow(at)
      }
      return { url: at, reply }
    },
  }
  return browser
}

/** Opens a browser in which somebody has logged in. */
export async function loggedInBrowser(
  service: TestService,
  username = "alice",
  password = "wonderland",
): Promise<AppBrowser> {
  const browser = openAppBrowser(service)
  const form = { username, password }
  const { cookies } = await browser.login.ask("/login", { form })
  assert.ok(cookies !== undefined && cookies.length > 0, "The login failed")
  return browser
}

/** Opens an address, and goes as far as the address with a ticket. */
export async function ticketFor(browser: AppBrowser, url: string): Promise<string> {
  const { headers } = await browser.ask(url)
  const asked = headers["Location"] ?? ""
  const handed = await browser.login.ask(asked.slice(asked.indexOf("/", 8)))
  const location = handed.headers["Location"] ?? ""
  assert.match(location, /^https:\/\/[^/]+\/\.postern\/in\?t=[\w-]+\.[\w-]+$/)
  return location
}

/** Who the app is told that a request comes from. */
export function userIn({ status, headers }: Reply): string | undefined {
  return status === 200 ? headers["Remote-User"] : undefined
}

/** The cookies of an address's host: they ignore ports. */
export function jarOf(jars: AppBrowser["jars"], url: string): Map<string, string> {
  const host = /^https?:\/\/([^/:]+)/.exec(url)?.[1] ?? ""
  const jar = jars.get(host) ?? new Map<string, string>()
  jars.set(host, jar)
  return jar
}

function keep(jar: Map<string, string>, text: string): void {
  const [pair = "", ...attributes] = text.split("; ")
  assert.deepEqual(attributes.slice(0, 4), ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"])
  const mark = pair.indexOf("=")
  jar.set(pair.slice(0, mark), pair.slice(mark + 1))
}
