// The whole service without sockets: a store in a temporary directory, cheap password hashes, a
// clock that moves by hand, and `call` in the place of a client.

import type { TestContext } from "node:test"
import { type AppOptions, createApp } from "../../src/app.ts"
import type { ProtectedHost } from "../../src/domain/access_rule.ts"
import type { FactorRequirement } from "../../src/domain/factor_requirement.ts"
import type { App, HttpRequest, Reply } from "../../src/http/message.ts"
import { createPasswordHasher } from "../../src/password/hash.ts"
import { createHashingLane, type HashingLane } from "../../src/password/hashing_lane.ts"
import { Accounts } from "../../src/service/accounts.ts"
import { createLinkMaker, type LinkMaker } from "../../src/service/browser/links.ts"
import { createRecentLogins } from "../../src/service/browser/recent_logins.ts"
import { DeviceTrust } from "../../src/service/device_trust.ts"
import type { Keys } from "../../src/service/keys.ts"
import { LoginGuard } from "../../src/service/login_guard.ts"
import { createLongAnswers, type LongAnswers } from "../../src/service/long_answers.ts"
import { openKeys } from "../../src/service/open_keys.ts"
import { createRegister } from "../../src/service/registration.ts"
import { ServiceTokens } from "../../src/service/service_tokens.ts"
import { SessionStart } from "../../src/service/session_start.ts"
import { createRevocationWindow, type SessionSettings } from "../../src/service/session_tokens.ts"
import { Sessions } from "../../src/service/sessions.ts"
import { openJsonStore } from "../../src/store/json/open_json_store.ts"
import type { RevocationWindow, Store } from "../../src/store/store.ts"
import { type Disk, machineDisk } from "../../src/system/disk.ts"
import type { Audit } from "../../src/telemetry/audit.ts"
import type { SummingAudit } from "../../src/telemetry/audit_summary.ts"
import type { TokenSettings } from "../../src/token/access_token.ts"
import type { KeySource } from "../../src/token/keys/key_ring.ts"
import { createBrowserRoutes } from "../../src/wings/browser.ts"
import { createFactorWing } from "../../src/wings/factors.ts"
import { adminRowsOf } from "./admin_rows.ts"
import { type CollectedLog, createCollectedLog } from "./collected_log.ts"
import { assertDocumented } from "./documented.ts"
import { createFakeClock, type FakeClock } from "./fake_clock.ts"
import { temporaryDirectory } from "./temporary_directory.ts"
import { testKeyPem, testSecret } from "./test_keys.ts"
import { createTrail } from "./test_trail.ts"

/** Cheap on purpose: tests are about what is hashed when, not about strength. */
export const cheapHashes = { memoryKib: 8, passes: 1 }

/** The public address of the service. */
export const loginAddress = "https://login.example.org"

const browserOptions = { publicAddress: loginAddress, name: "Home" }

/** Where calls come from unless a test says otherwise. */
export const home = "127.0.0.1"

/** The service in parts and as a whole. */
export interface TestService {
  readonly app: App
  readonly call: (method: string, path: string, options?: CallOptions) => Promise<Reply>
  /** Logs in and gives the access token. */
  readonly logIn: (username: string, password: string) => Promise<string>
  /** Logs in and gives both tokens. */
  readonly start: (username: string, password: string) => Promise<TokenBody>
  readonly accounts: Accounts
  readonly sessions: Sessions
  /** Makes invites and resets. */
  readonly links: LinkMaker
  readonly keys: Keys
  readonly longAnswers: () => Promise<LongAnswers>
  readonly serviceTokens: ServiceTokens
  readonly lane: HashingLane
  readonly trust: DeviceTrust
  readonly starts: SessionStart
  readonly windowNow: () => RevocationWindow
  /** How often the secret of an authenticator app did not open. */
  readonly lostSecrets: { readonly count: number }
  readonly audit: Audit
  /** Writes the sums of the audit trail when a minute is over, as the housekeeping does. */
  readonly summarizeAudit: SummingAudit["summarize"]
  readonly store: Store
  readonly tokens: TokenSettings
  readonly clock: FakeClock
  readonly log: CollectedLog
  /** Where the files are. */
  readonly directory: string
  /** All that was asked and answered. */
  readonly exchanges: readonly Exchange[]
  /** Turns /readyz. */
  ready: boolean
}

/** A call and its reply. */
export interface Exchange {
  readonly id: string
  readonly path: string
  readonly options: CallOptions
  readonly reply: Reply
}

/** The body of a reply that gives tokens. */
export interface TokenBody {
  readonly access_token: string
  readonly token_type: string
  readonly expires_in: number
  readonly refresh_token: string
  readonly refresh_expires_in: number
  /** Of a login. */
  readonly device_token?: string
}

/** What a test may choose. */
export interface TestServiceOptions {
  /** With the shared secret of test_keys.ts. */
  readonly shared?: boolean
  /** With generated keys, which can be rotated, in the place of an imported one. */
  readonly generated?: boolean
  /** Whether people may make their own account. */
  readonly registration?: boolean
  /** Turns the admin API on. */
  readonly adminApi?: boolean
  readonly app?: Partial<Omit<AppOptions, "log">>
  /** Turns the browser wing on, with these protected hosts. */
  readonly browser?: readonly ProtectedHost[]
  readonly settings?: Partial<SessionSettings>
  /** Who must have a second factor; nobody unless said. */
  readonly requirement?: FactorRequirement
  /** For how long a device is trusted; never unless said. */
  readonly trustSeconds?: number
  /** Of what passkeys are made for. */
  readonly publicAddress?: string
  readonly tokens?: Partial<TokenSettings>
  /** Hears the events of the audit trail, too. */
  readonly hear?: Audit
  /** In the place of the machine's, such as one that fails. */
  readonly disk?: Disk
  /** Open, in the place of a JSON store of the service's own. */
  readonly store?: Store
  /** Of a service before, whose store is closed. */
  readonly directory?: string
}

/** How sessions of tests live: a day unused, a week at most. */
export const sessionSettings: SessionSettings = {
  idleSeconds: 86_400,
  maxAgeSeconds: 604_800,
  graceSeconds: 30,
  perUserMax: 50,
}

/** What a call sends beside method and path. */
export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string
  /** Sent as JSON, with its content type. */
  readonly json?: unknown
  readonly body?: string | Uint8Array
  /** Where it comes from, if not from `home`. */
  readonly address?: string
  /** Whether a trusted proxy sends it. */
  readonly proxied?: boolean
}

const seedUsers = [
  { username: "alice", password: "wonderland" },
  { username: "bob", password: "builder" },
]

/** Makes a service with the users alice/wonderland and bob/builder. */
export async function createTestService(
  t: TestContext,
  options: TestServiceOptions = {},
): Promise<TestService> {
  const { shared: isShared = false, generated = false } = options
  const opened = await createBase(t, options)
  const { clock, log, directory, warn, store, trail, recentLogins, audit } = opened
  const { lane, hasher } = createHashing()
  const settings = { ...sessionSettings, ...options.settings }
  const claims = { ...claimSettings(isShared), ...options.tokens }
  const windowNow = createRevocationWindow(clock, { ...claims, ...settings })
  const signing = signingOf({ shared: isShared, generated })
  const keyParts = { signing, store, clock, audit, warn, rotationSeconds: null }
  const keys = await openKeys({ ...keyParts, ...claims })
  const { requirement = { kind: "none" }, trustSeconds = null } = options
  const trust = new DeviceTrust({ store, keys, trustSeconds, clock, audit })
  const base = { store, hasher, clock, audit, requirement, trust }
  const guard = new LoginGuard({ ...base, hashesAtATime: 2, seconds: clock.now })
  const accounts = new Accounts({ ...base, windowNow, guard, keys })
  await accounts.seed(seedUsers)
  const tokens: TokenSettings = { ...claims, ring: keys.ring }
  const shared = { ...base, keys, windowNow, accounts, settings }
  const starts = new SessionStart(shared)
  const sessions = new Sessions({ ...shared, starts, tokens, verifiedBytesMax: 1_000_000 })
  const serviceTokens = new ServiceTokens(base)
  const { authenticate: machine } = serviceTokens
  const service = { ready: true }
  const isReady = async () => service.ready
  const wingParts = { ...shared, starts, sessions }
  const links = createLinkMaker({ ...wingParts, ...browserOptions })
  const ofSite = { siteName: "Home", publicAddress: options.publicAddress ?? loginAddress }
  const lostSecrets = { count: 0 }
  const wing = createFactorWing({ ...wingParts, ...ofSite, lostSecrets })
  const factors = async () => wing
  const browser = createBrowserRoutes({
    ...{ ...wingParts, ...claims, ...browserOptions },
    ...{ tokens, log: log.log, recentLogins, factors, machine, hosts: options.browser ?? [] },
  })
  const app = createApp({
    ...{ sessions, factors, machine, isReady, log: log.log },
    ...{ allowedHosts: null, corsOrigins: [], ...options.app },
    browser: options.browser === undefined ? null : browser,
    admin: adminRowsOf({ ...wingParts, links, serviceTokens, log: log.log }, options),
    register: options.registration ? createRegister({ store, hasher, clock, audit }) : null,
    issuer: claims.profile === "published" ? (claims.issuer ?? null) : null,
    publicKeys: () => keys.publicKeys(),
  })
  const commands = { longAnswers: async () => createLongAnswers(base), serviceTokens }
  const made = { accounts, sessions, links, keys, trust, lostSecrets, ...commands }
  const parts = { ...made, starts, windowNow, ...trail, lane, store, tokens, clock, log, directory }
  return Object.assign(service, { app, ...createCalls(app, options), ...parts })
}

/** Clock, log, store and audit trail. */
async function createBase(t: TestContext, options: TestServiceOptions) {
  const { disk = machineDisk, directory = temporaryDirectory(t) } = options
  const clock = createFakeClock()
  const log = createCollectedLog(clock)
  const trail = createTrail(log, clock, options.hear)
  const warn = (event: string, message: string) => log.log.warn(event, { message })
  const store = options.store ?? (await openJsonStore({ directory, disk, warn }))
  t.after(() => store.close())
  const recentLogins = createRecentLogins({ store, clock })
  const audit: Audit = (event, fields) => {
    trail.audit(event, fields)
    recentLogins.note(event, fields)
  }
  return { clock, log, directory, warn, store, trail, recentLogins, audit }
}

function createHashing() {
  const lane = createHashingLane({ width: 2 })
  return { lane, hasher: createPasswordHasher(lane, cheapHashes) }
}

/** What tests call, and what was called. */
function createCalls(
  app: App,
  { registration = false, shared = false, adminApi = false }: TestServiceOptions,
): Pick<TestService, "call" | "logIn" | "start" | "exchanges"> {
  const there = { hasRegistration: registration, hasIssuer: !shared, hasAdminApi: adminApi }
  const exchanges: Exchange[] = []
  let requests = 0
  const call: TestService["call"] = async (method, target, options = {}) => {
    requests += 1
    const sent = request(`test-${requests}`, method, target, options)
    const reply = await app.handle(sent)
    assertDocumented(sent, reply, there)
    exchanges.push({ id: sent.id, path: sent.path, options, reply })
    return reply
  }
  const start: TestService["start"] = async (username, password) => {
    const reply = await call("POST", "/login", { json: { username, password } })
    return JSON.parse(reply.body) as TokenBody
  }
  const logIn: TestService["logIn"] = async (username, password) =>
    (await start(username, password)).access_token
  return { call, logIn, start, exchanges }
}

function claimSettings(shared: boolean): Omit<TokenSettings, "ring"> {
  const times = { accessTtlSeconds: 900, leewaySeconds: 0 }
  if (shared) {
    const names = { issuer: undefined, audience: undefined }
    return { profile: "shared", ...names, acceptedIssuers: [], acceptedAudiences: [], ...times }
  }
  const accepted = { acceptedIssuers: [loginAddress], acceptedAudiences: [loginAddress] }
  const names = { issuer: loginAddress, audience: loginAddress }
  return { profile: "published", ...names, ...accepted, ...times }
}

function signingOf({ shared, generated }: { shared: boolean; generated: boolean }): KeySource {
  if (shared) return { kind: "shared", algorithm: "HS256", secret: testSecret }
  if (generated) return { kind: "generated", algorithm: "ES256" }
  return { kind: "imported", algorithm: "ES256", key: testKeyPem }
}

function request(id: string, method: string, target: string, options: CallOptions): HttpRequest {
  const [path = "", ...rest] = target.split("?")
  const query = rest.join("?")
  const headers = new Map(Object.entries(options.headers ?? {}))
  if (options.token !== undefined) headers.set("authorization", `Bearer ${options.token}`)
  if (options.json !== undefined) headers.set("content-type", "application/json")
  const body = options.json === undefined ? (options.body ?? "") : JSON.stringify(options.json)
  const { address: clientAddress = home, proxied: isProxied = false } = options
  return { id, method, path, query, headers, body: Buffer.from(body), clientAddress, isProxied }
}
