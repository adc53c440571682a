// A Postern behind proxies, and `postern doctor` that asks it. For the doctor the names of
// example.org lead to this machine, and the ports of the web to those of the test.

import assert from "node:assert/strict"
import { AsyncLocalStorage } from "node:async_hooks"
import { spawnSync } from "node:child_process"
import dns from "node:dns/promises"
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { syncBuiltinESMExports } from "node:module"
import net from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { TestContext } from "node:test"
import tls from "node:tls"
import { runCommandLine } from "../../../src/cli/command_line.ts"
import { createFakeTerminal } from "../../support/fake_terminal.ts"
import { type RunningPostern, startPostern } from "../../support/postern_process.ts"
import { temporaryDirectory } from "../../support/temporary_directory.ts"

/** A finding as `--json` prints it. */
export interface PrintedFinding {
  readonly check: string
  readonly outcome: string
  readonly text: string
  readonly effect: string | null
  readonly change: readonly string[]
}

/** What the doctor printed. */
export interface Printed {
  readonly exitCode: number | null
  readonly proxy: string | null
  readonly result: string
  readonly findings: readonly PrintedFinding[]
}

/** Where names and ports lead for the doctor. */
export interface Ways {
  readonly ports: Readonly<Record<number, number>>
  /** 127.0.0.1 by default. */
  readonly addresses?: readonly string[]
}

/** A service with its certificates. */
export interface World {
  /** The authority that the doctor trusts, and its key. */
  readonly authority: string
  readonly authorityKey: string
  readonly postern: RunningPostern
  readonly directory: string
  readonly certificate: string
  readonly key: string
  /** Asks, and gives what was printed. */
  doctor(ways: Ways, url?: string, settings?: Readonly<Record<string, string>>): Promise<Printed>
}

/** The address of the login host. */
export const loginAddress = "https://login.example.org"

/** Starts a service that trusts proxies of this machine. */
export async function startWorld(
  t: TestContext,
  settings: Readonly<Record<string, string>> = {},
): Promise<World> {
  const directory = temporaryDirectory(t)
  const data = { POSTERN_DATA_DIR: join(directory, "data") }
  const postern = await startPostern(t, {
    ...data,
    POSTERN_ISSUER: loginAddress,
    POSTERN_TRUSTED_PROXIES: "127.0.0.1",
    ...settings,
  })
  const { authority, ...files } = copyCertificates(directory)
  return {
    ...{ postern, directory, authority, ...files },
    async doctor(ways, url, more = {}) {
      const terminal = createFakeTerminal({ ...data, ...more })
      const words = ["doctor", ...(url === undefined ? [] : [url]), "--json"]
      const asking = { ...ways, authority: readFileSync(authority, "utf8") }
      const exitCode = await world.run(asking, () => runCommandLine(words, terminal))
      const printed = terminal.stdout()
      assert.ok(printed.startsWith("{"), terminal.stderr())
      return { exitCode, ...JSON.parse(printed) }
    },
  }
}

/** The findings that are not ok, in one line each. */
export function complaints({ findings }: Printed): readonly string[] {
  return findings
    .filter(({ outcome, check }) => outcome !== "ok" && check !== "protected hosts")
    .map(({ check, outcome, text }) => `${outcome}: ${check}: ${text}`)
}

/** Where the certificates of this process are, once they are made. */
let certificates: string | null = null

/** An authority and a certificate for the names of tests, in a directory. */
function copyCertificates(directory: string) {
  const file = (name: string) => join(directory, name)
  certificates ??= makeCertificates()
  cpSync(certificates, directory, { recursive: true })
  return {
    ...{ authority: file("authority.pem"), authorityKey: file("authority.key") },
    ...{ certificate: file("certificate.pem"), key: file("key.pem") },
  }
}

function makeCertificates(): string {
  const directory = mkdtempSync(join(tmpdir(), "postern-certificates-"))
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }))
  const file = (name: string) => join(directory, name)
  const self = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes".split(" ")
  const authority = ["-keyout", file("authority.key"), "-out", file("authority.pem"), "-days", "90"]
  openssl([...self, ...authority, "-subj", "/CN=Authority of tests"])
  const hosts = ["login.example.org", "*.example.org", "*.home.example", "*.example.net"]
  const names = `subjectAltName=${hosts.map((host) => `DNS:${host}`).join()}`
  const signer = ["-CA", file("authority.pem"), "-CAkey", file("authority.key")]
  openssl([
    ...[...self, "-keyout", file("key.pem"), "-out", file("certificate.pem"), "-days", "60"],
    ...["-subj", "/CN=login.example.org", "-addext", names],
    ...["-addext", "basicConstraints=critical,CA:FALSE", ...signer],
  ])
  return directory
}

/** Runs openssl, and fails with what it says. */
export function openssl(words: readonly string[]): void {
  const { status, stderr } = spawnSync("openssl", words, { encoding: "utf8" })
  assert.equal(status, 0, stderr)
}

/** The ways of a doctor that runs, and the authority that it trusts. */
const world = new AsyncLocalStorage<Ways & { readonly authority: string }>()

/** Lets names and ports lead elsewhere, for the code that runs in `world` and no other. */
function leadElsewhere(): void {
  const own = { lookup: dns.lookup, connect: net.connect, connectTls: tls.connect }
  type Lead = (ways: Ways & { readonly authority: string }, first: never) => unknown
  const leading = (call: (...values: never[]) => unknown, lead: Lead) => {
    return (...values: never[]) => {
      const ways = world.getStore()
      const [first = undefined as never, ...rest] = values
      return ways === undefined ? call(...values) : call(lead(ways, first) as never, ...rest)
    }
  }
  Object.assign(net, {
    connect: leading(own.connect as never, ({ ports }, where: { readonly port: number }) => ({
      ...where,
      port: ports[where.port] ?? where.port,
    })),
  })
  Object.assign(tls, {
    connect: leading(own.connectTls as never, ({ authority: ca }, options: object) => ({
      ...options,
      ca,
    })),
  })
  Object.assign(dns, {
    async lookup(name: string, options: object) {
      const ways = world.getStore()
      const isOurs = ways !== undefined && /\bexample(?:\.(?:org|net))?$/.test(name)
      if (!isOurs) return own.lookup(name, options)
      const { addresses = ["127.0.0.1"] } = ways
      return addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }))
    },
  })
  syncBuiltinESMExports()
}

leadElsewhere()
