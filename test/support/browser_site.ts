// A login page and apps on several domains behind a real proxy, for a real browser: Postern in a
// process of its own, Caddy with a certificate of the test, and Chromium.

import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { createHash, X509Certificate } from "node:crypto"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { createServer, type IncomingMessage, type OutgoingHttpHeaders } from "node:http"
import { request } from "node:https"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { after, type TestContext } from "node:test"
import type { Browser, BrowserContextOptions, Page } from "playwright-core"
import { noBrowser, openPage, type ProxyPorts, startBrowser } from "./chromium.ts"
import {
  type CommandResult,
  type ProcessSettings,
  runPostern,
  startPostern,
} from "./postern_process.ts"
import { freePorts, startProxy } from "./proxy_programs.ts"
import { type ShiftedClock, shiftedClock } from "./shifted_clock.ts"
import { temporaryDirectory } from "./temporary_directory.ts"

/** Origins of the site. */
export const origins = {
  login: "https://login.home.example",
  photos: "https://photos.home.example",
  notes: "https://notes.home.example",
  /** For the role `admin`. */
  admin: "https://admin.home.example",
  /** On another domain. */
  git: "https://git.example.net",
  /** With a second factor only: on the domain of the login page, and on another one. */
  safe: "https://safe.home.example",
  vault: "https://vault.example.net",
  /** Not protected: on the domain of the login page, and far from it. */
  sibling: "https://sibling.home.example",
  evil: "https://evil.example.org",
} as const

/** Users of the site and their passwords. */
export const passwords = {
  alice: "paper-harbour-violin",
  bob: "window-lantern-saddle",
  eve: "marble-thunder-orchid",
} as const

/** A header for a browser whose cookies the proxy drops, as if the browser kept none. */
export const cookieless = "Test-Without-Cookies"

/** Apps, and the words of their lines. */
const lines = {
  ...{ photos: "", notes: "", admin: " role=admin", git: "", safe: " mfa", vault: " mfa" },
} as const
type AppName = keyof typeof lines
const apps = Object.keys(lines) as readonly AppName[]
const strangers = ["sibling", "evil"] as const

/** What a test lets a host show at a path. */
export interface OwnPage {
  readonly body: string
  /** Where the host sends the browser. */
  readonly location?: string
  readonly cookies?: readonly string[]
}

/** A running site. */
export interface BrowserSite extends ProxyPorts {
  readonly browser: Browser
  /** What apps and strangers show beside their own, by path. */
  readonly pages: Map<string, OwnPage>
  /** The clock of Postern. */
  readonly clock: ShiftedClock
  /** Runs a command of the operator. */
  command(...words: string[]): Promise<CommandResult>
  /** Asks without a browser, and does not follow. */
  ask(
    url: string,
    options?: { readonly method?: string; readonly headers?: OutgoingHttpHeaders },
  ): Promise<IncomingMessage>
  /** Opens another person's browser. */
  open(t: TestContext, options?: BrowserContextOptions): Promise<Page>
}

/** A site for the tests of this file, or why they are skipped. */
export async function siteForTests(settings: ProcessSettings = {}): Promise<{
  readonly skip: string | false
  readonly site: BrowserSite
}> {
  // Nobody asks for the site where all tests are skipped.
  const site = noBrowser === false ? await startSite(settings) : ({} as BrowserSite)
  return { skip: noBrowser, site }
}

/** Fills the login form in, and sends it. */
export async function logIn(
  page: Page,
  username: string,
  password: string = passwords[username as keyof typeof passwords],
): Promise<void> {
  await page.getByLabel("Username").fill(username)
  await page.getByLabel("Password", { exact: true }).fill(password)
  await page.getByRole("button", { name: "Log in" }).click()
}

/** Waits for a page whose title begins like this. */
export async function titled(page: Page, beginning: string): Promise<void> {
  const title = page.locator(`xpath=//title[starts-with(., "${beginning}")]`)
  await title.waitFor({ state: "attached" })
}

/** Opens the login page in another browser, and logs in. */
export async function loggedIn(
  t: TestContext,
  site: BrowserSite,
  username: keyof typeof passwords,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const page = await site.open(t, options)
  await page.goto(`${origins.login}/login`)
  await logIn(page, username)
  await page.waitForURL(`${origins.login}/account`)
  return page
}

async function startSite(more: ProcessSettings): Promise<BrowserSite> {
  // Both run a function at the end: of the file, and of a test.
  const t = { after: after as TestContext["after"] }
  const directory = temporaryDirectory(t)
  const clock = shiftedClock(directory)
  const settings = {
    POSTERN_ISSUER: origins.login,
    POSTERN_NAME: "Home",
    POSTERN_DATA_DIR: join(directory, "data"),
    POSTERN_TRUSTED_PROXIES: "127.0.0.1",
    POSTERN_SEED_USERS: Object.entries(passwords)
      .map((pair) => pair.join(":"))
      .join(","),
    POSTERN_PROTECT: apps.map(lineOf).join("\n"),
    ...more,
    ...clock.settings,
  }
  const pages = new Map<string, OwnPage>()
  const [{ port: posternPort }, appPort, [port = 0, plainPort = 0]] = await Promise.all([
    startPostern(t, settings),
    startApps(pages),
    freePorts(2),
  ])
  const trustedKey = makeCertificate(directory)
  const file = caddyfile({ directory, port, plainPort, posternPort, appPort })
  const proxy = startProxy(t, "caddy", { file, directory, port })
  const [browser] = await Promise.all([startBrowser(t, { port, plainPort, trustedKey }), proxy])
  return {
    ...{ port, plainPort, browser, pages, clock },
    command: (...words) => runPostern(words, settings),
    ask: (url, options) => ask(url, port, options),
    open: (test, options) => openPage(test, browser, options),
  }
}

function lineOf(app: AppName): string {
  return `${origins[app].replace("https://", "")}${lines[app]}`
}

/** All apps, and the strangers' hosts. Each says who asks. */
async function startApps(pages: ReadonlyMap<string, OwnPage>): Promise<number> {
  const server = createServer((message, reply) => {
    const { host = "", "remote-user": user } = message.headers
    const {
      body,
      cookies = [],
      location,
    } = pages.get(message.url ?? "") ?? {
      body: `<h1>${host} for ${user}</h1>`,
    }
    reply.setHeader("Content-Type", "text/html; charset=utf-8")
    reply.setHeader("Set-Cookie", [...cookies])
    if (location !== undefined) reply.writeHead(302, { Location: location })
    reply.end(`<!doctype html><title>${host}</title>${body}`)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  after(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

async function ask(
  url: string,
  port: number,
  { method = "GET", headers = {} }: Parameters<BrowserSite["ask"]>[1] = {},
): Promise<IncomingMessage> {
  const { host, pathname, search } = new URL(url)
  const sent = request({
    ...{ host: "127.0.0.1", port, servername: host, rejectUnauthorized: false },
    ...{ method, path: `${pathname}${search}`, headers: { ...headers, host }, agent: false },
  })
  sent.end()
  const [reply] = (await once(sent, "response")) as [IncomingMessage]
  reply.resume()
  return reply
}

interface Places extends ProxyPorts {
  readonly directory: string
  readonly posternPort: number
  readonly appPort: number
}

function pathsIn(directory: string): readonly [key: string, certificate: string] {
  return [join(directory, "key.pem"), join(directory, "certificate.pem")]
}

/** Makes a certificate for all hosts, and gives the SHA-256 of its public key. */
function makeCertificate(directory: string): string {
  const [key, certificate] = pathsIn(directory)
  const words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
  const made = spawnSync("openssl", [
    ...[...words, "-nodes", "-days", "2", "-subj", "/CN=home.example"],
    ...["-keyout", key, "-out", certificate],
  ])
  assert.equal(made.status, 0, String(made.stderr))
  const { publicKey } = new X509Certificate(readFileSync(certificate))
  const spki = publicKey.export({ type: "spki", format: "der" })
  return createHash("sha256").update(spki).digest("base64")
}

function caddyfile({ directory, port, plainPort, posternPort, appPort }: Places): string {
  const [key, certificate] = pathsIn(directory)
  const tls = `tls ${certificate} ${key}`
  const protectedApps = apps.map(
    (app) => `${origins[app]} {
	${tls}
	route {
		request_header -Remote*
		forward_auth 127.0.0.1:${posternPort} {
			uri /verify/proxy?
			copy_headers Remote-User
		}
		reverse_proxy 127.0.0.1:${appPort}
	}
}
`,
  )
  const others = strangers.map(
    (name) => `${origins[name]} {
	${tls}
	reverse_proxy 127.0.0.1:${appPort}
}
`,
  )
  const plain = origins.login.replace("https:", "http:")
  return `{
	admin off
	auto_https disable_redirects
	https_port ${port}
	http_port ${plainPort}
	default_bind 127.0.0.1
}
${origins.login} {
	${tls}
	@cookieless header ${cookieless} *
	request_header @cookieless -Cookie
	reverse_proxy 127.0.0.1:${posternPort}
}
${plain} {
	reverse_proxy 127.0.0.1:${posternPort}
}
${protectedApps.join("")}${others.join("")}`
}
