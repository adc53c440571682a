// The Chromium of Debian, driven by playwright-core, which brings no browser along. All addresses
// lead to one proxy on loopback, so that pages have the names that people see.

import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import type { TestContext } from "node:test"
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"
import { noProxies } from "./proxy_programs.ts"

// The one without windows takes half the time. The other one draws them, though nobody looks.
const programs = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"]
const program = programs.find((path) => existsSync(path))
const stepMillisMax = 30_000

/** Why tests with a browser are skipped here, or false. */
export const noBrowser: string | false =
  program === undefined ? "not installed: apt-get install chromium-headless-shell" : noProxies
// A gate that installs the browser may not pass without these tests.
if (process.env["TEST_BROWSER"] === "required") assert.equal(noBrowser, false)

/** Where a proxy listens, for addresses with https and with http. */
export interface ProxyPorts {
  readonly port: number
  readonly plainPort: number
  /**
   * SHA-256 of the public key of the proxy's certificate, in base64. Chromium then takes the
   * certificate for a good one: it makes no passkeys where an error was overridden.
   */
  readonly trustedKey?: string
}

/** What Chromium is started with. */
function launchOptions({ port, plainPort, trustedKey = "" }: ProxyPorts) {
  const rules = `MAP *:80 127.0.0.1:${plainPort}, MAP *:443 127.0.0.1:${port}`
  return {
    ...(program === undefined ? {} : { executablePath: program }),
    args: [`--host-resolver-rules=${rules}`, `--ignore-certificate-errors-spki-list=${trustedKey}`],
    // Chromium's sandbox refuses to run as root.
    chromiumSandbox: process.getuid?.() !== 0,
  }
}

/** Starts a browser, until the end of a test or a file. */
export async function startBrowser(
  t: Pick<TestContext, "after">,
  ports: ProxyPorts,
): Promise<Browser> {
  const browser = await chromium.launch(launchOptions(ports))
  t.after(() => browser.close())
  return browser
}

/** Another person's browser: without cookies, and closed with the test. */
export async function openPage(
  t: Pick<TestContext, "after">,
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<Page> {
  // The certificate is the test's own.
  const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options })
  context.setDefaultTimeout(stepMillisMax)
  t.after(() => context.close())
  return context.newPage()
}
