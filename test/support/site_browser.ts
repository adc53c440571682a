// A browser for the hosts of a protected site: a cookie jar for each host, and redirects from host
// to host, over TLS through the proxy.

import assert from "node:assert/strict"
import { before, type TestContext } from "node:test"
import type { Authenticator } from "./authenticator.ts"
import { readProjectFile } from "./page.ts"
import { runPostern, startPostern } from "./postern_process.ts"
import type { ProtectedSite, SiteReply, SiteRequest } from "./protected_site.ts"
import { noProxies } from "./proxy_programs.ts"
import { temporaryDirectory } from "./temporary_directory.ts"

/** Opens a page. */
export const opening = {
  ...{ "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
  accept: "text/html",
}

const redirectsMax = 12

/** Settings of Postern. */
type Settings = Readonly<Record<string, string>>

/** Postern, which judges requests for sites. */
export interface Guard {
  readonly port: number
  /** Runs a command of the operator's, and gives what it prints. */
  run(words: readonly string[]): Promise<string>
}

/** Starts Postern, with alice and bob, for the hosts of the examples. */
export async function startGuard(t: TestContext, settings: Settings = {}): Promise<Guard> {
  const data = { POSTERN_DATA_DIR: temporaryDirectory(t) }
  const { port } = await startPostern(t, {
    ...data,
    POSTERN_ISSUER: "https://login.home.example",
    POSTERN_TRUSTED_PROXIES: "127.0.0.1",
    POSTERN_PROTECT: readProjectFile("examples/protect/protected_hosts.txt"),
    POSTERN_SEED_USERS: "alice:wonderland,bob:builder",
    ...settings,
  })
  return {
    port,
    async run(words) {
      const { exitCode, stdout, stderr } = await runPostern(words, data)
      assert.equal(exitCode, 0, stderr)
      return stdout
    },
  }
}

/** The same for the tests of a file, where the proxies are there. */
export function guardForTests(): Guard {
  let guard: Guard | null = null
  before(async (t) => {
    if (noProxies === false) guard = await startGuard(t as TestContext)
  })
  const started = () => guard ?? assert.fail("There are no proxies")
  return {
    get port() {
      return started().port
    },
    run: (words) => started().run(words),
  }
}

/** One browser. */
export interface SiteBrowser {
  /** The cookies of each host, by name. */
  readonly jars: Map<string, Map<string, string>>
  /** Asks once, with the cookies of the host, and keeps those that are set. */
  ask(request: SiteRequest): Promise<SiteReply>
  /** Opens an address and follows redirects to the last reply. */
  open(url: string): Promise<{ readonly url: string; readonly reply: SiteReply }>
  /** Sends the form of the login page at an address, and follows its redirects. */
  logIn(at: string): Promise<{ readonly url: string; readonly reply: SiteReply }>
  /** The same of the page that asks for a code. */
  enterCode(at: string, code: string): Promise<{ readonly url: string; readonly reply: SiteReply }>
  /** The same of the form for passkeys, as the page's script does. */
  usePasskey(
    at: string,
    authenticator: Authenticator,
  ): Promise<{ readonly url: string; readonly reply: SiteReply }>
}

/** Opens a browser. */
export function openSiteBrowser(site: ProtectedSite): SiteBrowser {
  const jars = new Map<string, Map<string, string>>()
  const jarOf = (host: string) => {
    const jar = jars.get(host) ?? new Map<string, string>()
    jars.set(host, jar)
    return jar
  }
  const ask = async (request: SiteRequest): Promise<SiteReply> => {
    const jar = jarOf(request.host)
    const cookie = () => [...jar].map(([name, value]) => `${name}=${value}`).join("; ")
    const reply = await site.ask({ ...request, cookie })
    for (const text of [reply.headers["set-cookie"] ?? []].flat()) keep(jar, text)
    return reply
  }
  const follow = async (url: string, first: SiteRequest) => {
    let at = url
    let reply = await ask(first)
    for (let steps = 0; nextOf(reply) !== undefined; steps += 1) {
      assert.ok(steps < redirectsMax, `a loop of redirects: ${at}`)
      at = new URL(nextOf(reply) ?? "", at).href
      reply = await ask({ ...requestOf(at), headers: opening })
    }
    return { url: at, reply }
  }
  /** The way that the page is on stands in its address, as in its hidden fields. */
  const sendForm = (at: string, target: string, fields: Readonly<Record<string, string>>) => {
    const form = new URLSearchParams(fields)
    for (const [name, value] of new URL(at).searchParams) form.append(name, value)
    const headers = {
      ...{ "content-type": "application/x-www-form-urlencoded" },
      ...{ ...opening, "sec-fetch-site": "same-origin" },
    }
    const { host } = requestOf(at)
    const request = { host, method: "POST", target, headers, body: String(form) }
    return follow(`https://${host}${target}`, request)
  }
  return {
    ...{ jars, ask },
    open: (url) => follow(url, { ...requestOf(url), headers: opening }),
    logIn: (at) => sendForm(at, "/login", { username: "alice", password: "wonderland" }),
    enterCode: (at, code) => sendForm(at, "/login/code", { code }),
    async usePasskey(at, authenticator) {
      const target = "/login/passkey"
      const { reply } = await sendForm(at, `${target}/options`, {})
      const credential = JSON.stringify(authenticator.get(JSON.parse(reply.body)))
      return sendForm(at, target, { credential })
    },
  }
}

/** Where a browser goes on to: by a redirect, or from a page that says so. */
function nextOf({ headers: { location, refresh } }: SiteReply): string | undefined {
  return location === undefined ? refresh?.toString().replace("0; url=", "") : String(location)
}

function requestOf(url: string): SiteRequest {
  const [, host = "", target = ""] = /^https:\/\/([^/]+)(.*)$/s.exec(url) ?? []
  return { host, target }
}

function keep(jar: Map<string, string>, text: string): void {
  const [pair = "", ...attributes] = text.split("; ")
  const mark = pair.indexOf("=")
  if (attributes.includes("Max-Age=0")) jar.delete(pair.slice(0, mark))
  else jar.set(pair.slice(0, mark), pair.slice(mark + 1))
}
