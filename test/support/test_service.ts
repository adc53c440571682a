// The whole service without sockets: a store in a temporary directory, cheap password hashes, a
// clock that moves by hand, and `call` in the place of a client.

import type { TestContext } from "node:test"
import { createApp } from "../../src/app.ts"
import { machineDisk } from "../../src/disk.ts"
import type { HttpRequest, Reply } from "../../src/http/message.ts"
import { createPasswordHasher } from "../../src/password/hash.ts"
import { createHashingLane } from "../../src/password/hashing_lane.ts"
import { type Accounts, createAccounts } from "../../src/service/accounts.ts"
import { createSessions, type Sessions } from "../../src/service/sessions.ts"
import { openJsonStore } from "../../src/store/open_json_store.ts"
import type { Store } from "../../src/store/store.ts"
import type { TokenSettings } from "../../src/token/access_token.ts"
import {
  createImportedKeyRing,
  createSharedKeyRing,
  type KeyRing,
} from "../../src/token/key_ring.ts"
import { type CollectedLog, createCollectedLog } from "./collected_log.ts"
import { createFakeClock, type FakeClock } from "./fake_clock.ts"
import { temporaryDirectory } from "./temporary_directory.ts"
import { testKeyPem, testSecret } from "./test_keys.ts"

/** Cheap on purpose: tests are about what is hashed when, not about strength. */
export const cheapHashes = { memoryKib: 8, passes: 1 }

/** The service in parts and as a whole. */
export interface TestService {
  readonly call: (method: string, path: string, options?: CallOptions) => Promise<Reply>
  /** Logs in and gives the access token. */
  readonly logIn: (username: string, password: string) => Promise<string>
  readonly accounts: Accounts
  readonly sessions: Sessions
  readonly store: Store
  readonly tokens: TokenSettings
  readonly clock: FakeClock
  readonly log: CollectedLog
  /** Turns /readyz. */
  ready: boolean
}

/** What a call sends beside method and path. */
export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string
  /** Sent as JSON, with its content type. */
  readonly json?: unknown
  readonly body?: string | Uint8Array
}

/** Makes a service with the users alice/wonderland and bob/builder. */
export async function createTestService(
  t: TestContext,
  { shared = false }: { readonly shared?: boolean } = {},
): Promise<TestService> {
  const clock = createFakeClock()
  const log = createCollectedLog()
  const store = await openJsonStore({
    directory: temporaryDirectory(t),
    disk: machineDisk,
    warn: (event, message) => log.log.warn(event, { message }),
  })
  t.after(() => store.close())
  const hasher = await createPasswordHasher(createHashingLane({ width: 2 }), cheapHashes)
  const accounts = createAccounts({ store, hasher, clock })
  await accounts.seed([
    { username: "alice", password: "wonderland" },
    { username: "bob", password: "builder" },
  ])
  const ring: KeyRing = shared
    ? await createSharedKeyRing(testSecret, "HS256")
    : await createImportedKeyRing(testKeyPem, "ES256")
  const issuer = shared ? undefined : "https://login.example.org"
  const tokens = { ring, issuer, audience: issuer, accessTtlSeconds: 900 }
  const sessions = createSessions({ accounts, store, tokens, clock, log: log.log })
  const service = { ready: true }
  const isReady = () => service.ready
  const app = createApp({ sessions, publicKeys: ring.publicKeys, isReady, log: log.log })
  let requests = 0
  const call: TestService["call"] = (method, target, options = {}) => {
    requests += 1
    return app.handle(request(`test-${requests}`, method, target, options))
  }
  const logIn: TestService["logIn"] = async (username, password) => {
    const reply = await call("POST", "/login", { json: { username, password } })
    return (JSON.parse(reply.body) as { access_token: string }).access_token
  }
  return Object.assign(service, { call, logIn, accounts, sessions, store, tokens, clock, log })
}

function request(id: string, method: string, target: string, options: CallOptions): HttpRequest {
  const [path = "", query = ""] = target.split("?")
  const headers = new Map(Object.entries(options.headers ?? {}))
  if (options.token !== undefined) headers.set("authorization", `Bearer ${options.token}`)
  if (options.json !== undefined) headers.set("content-type", "application/json")
  const body = options.json === undefined ? (options.body ?? "") : JSON.stringify(options.json)
  const remoteAddress = "127.0.0.1"
  return { id, method, path, query, headers, body: Buffer.from(body), remoteAddress }
}
