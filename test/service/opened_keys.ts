// The keys of a deployment on a disk in memory, and tokens that they sign.

import type { KeyParts, Keys } from "../../src/service/keys.ts"
import { openKeys } from "../../src/service/open_keys.ts"
import { JsonKeys } from "../../src/store/json/keys_file.ts"
import { createAudit } from "../../src/telemetry/audit.ts"
import {
  signAccessToken,
  type TokenSettings,
  verifyAccessToken,
} from "../../src/token/access_token.ts"
import type { KeySource } from "../../src/token/keys/key_ring.ts"
import { type CollectedLog, createCollectedLog } from "../support/collected_log.ts"
import { createFakeClock, type FakeClock } from "../support/fake_clock.ts"
import { createFaultyDisk, type FaultyDisk } from "../support/faulty_disk.ts"
import { forgeIssuer } from "../support/forge.ts"
import { grantOfTests } from "../support/grant_of_tests.ts"

/** Keys that Postern makes for itself. */
export const generated: KeySource = { kind: "generated", algorithm: "ES256" }

/** What a test may choose when it opens the keys. */
export type KeyChoices = Partial<Omit<KeyParts, "clock" | "audit" | "warn" | "store">>

/** Opened keys, and what becomes of tokens. */
export interface OpenedKeys {
  readonly keys: Keys
  readonly clock: FakeClock
  readonly log: CollectedLog
  readonly disk: FaultyDisk
  /** Opens the same directory again, as after a restart. */
  reopen(choices?: KeyChoices): Promise<OpenedKeys>
  /** A token that is signed now. */
  sign(): Promise<string>
  /** "good", or why a token is refused now. */
  verdict(token: string): Promise<string>
  /** State of each key, in order; those of refresh tokens and cookies are left out. */
  states(): string[]
  /** Names of the published keys. */
  published(): string[]
  /** The content of keys.json. */
  file(): {
    readonly refreshKey: string
    readonly cookieKey: string
    readonly keys: readonly StoredKey[]
  }
}

/** A key as keys.json has it. */
export interface StoredKey {
  readonly jwk: { readonly kid: string; readonly alg: string }
  readonly publishedAt: number
  readonly signsFrom: number
  readonly keptUntil: number | null
}

/** Opens the keys of an empty directory. */
export async function openTestKeys(choices: KeyChoices = {}): Promise<OpenedKeys> {
  const clock = createFakeClock()
  return open({ clock, log: createCollectedLog(clock), disk: createFaultyDisk() }, choices)
}

type Surroundings = Pick<OpenedKeys, "clock" | "log" | "disk">

async function open(around: Surroundings, choices: KeyChoices): Promise<OpenedKeys> {
  const { clock, log, disk } = around
  const { signing = generated, ...chosen } = choices
  const times = { accessTtlSeconds: 900, leewaySeconds: 0, rotationSeconds: null, ...chosen }
  const audit = createAudit({ log: log.log, file: null, clock })
  const warn = (event: string, message: string) => log.log.warn(event, { message })
  const path = "/data/keys.json"
  const store = {
    keys: new JsonKeys({ path, disk, assertOpen: () => {} }),
    users: { count: async () => 0 },
  }
  const keys = await openKeys({ signing, store, clock, audit, warn, ...times })
  const address = forgeIssuer
  const accepted = { acceptedIssuers: [address], acceptedAudiences: [address] }
  const settings: TokenSettings = {
    ...{ profile: signing.kind === "shared" ? "shared" : "published", ring: keys.ring },
    ...{ issuer: address, audience: address, ...accepted },
    ...{ accessTtlSeconds: times.accessTtlSeconds, leewaySeconds: times.leewaySeconds },
  }
  return {
    ...{ keys, clock, log, disk },
    reopen: (others = {}) => open(around, { ...choices, ...others }),
    async sign() {
      const now = clock.now()
      const ends = { sessionExpiresAt: now + 1_000_000, authTime: now, issuedAt: now }
      return (await signAccessToken({ ...grantOfTests, ...ends }, settings)).token
    },
    async verdict(token) {
      try {
        await verifyAccessToken(token, settings, clock.now())
        return "good"
      } catch (error) {
        return (error as Error).message
      }
    },
    states: () =>
      keys
        .list()
        .slice(0, -2)
        .map(({ state }) => state),
    published: () => keys.ring.published(clock.now()).map(({ kid }) => String(kid)),
    file: () => JSON.parse(disk.files.get("keys.json")?.toString() ?? "null"),
  }
}
