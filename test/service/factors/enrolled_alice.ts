// alice with an authenticator app and recovery codes, over a store in memory and hashes that can be
// read and counted.

import { makeRecoveryCode } from "../../../src/factor/recovery_code.ts"
import { sealSecret } from "../../../src/factor/secret_seal.ts"
import { codeOf, stepAt } from "../../../src/factor/totp.ts"
import { DeviceTrust } from "../../../src/service/device_trust.ts"
import type { WaitingLogin } from "../../../src/service/factors/factor_login.ts"
import type { FactorParts } from "../../../src/service/factors/factor_parts.ts"
import { SessionStart } from "../../../src/service/session_start.ts"
import { sampleFactors } from "../../store/sample_factors.ts"
import { sampleUser } from "../../store/sample_user.ts"
import { plainHash } from "../../support/plain_hasher.ts"
import { type AccountTestParts, createAccountParts, keysOfTests } from "../account_parts.ts"

/** The parts, and what alice knows. */
export interface EnrolledAlice extends Omit<AccountTestParts, "accounts"> {
  readonly factors: FactorParts
  /** A login of hers, whose password was right. */
  readonly login: WaitingLogin
  /** The code of the app now. */
  code(): string
  /** Her recovery codes: those of 0 and 1 are there, no others. */
  readonly recoveryCodes: readonly string[]
  /** How many failures are counted. */
  failures(): Promise<number>
}

/** The key of tests for secrets. */
export const factorKeyOfTests = Buffer.alloc(32, 9)

/** The life of sessions of tests. */
export const life = { idleSeconds: 86_400, maxAgeSeconds: 604_800 }

/** Makes alice. `factorKey` may be another one than that of her secret. */
export async function createEnrolledAlice({
  factorKey = factorKeyOfTests,
}: {
  readonly factorKey?: Buffer
} = {}): Promise<EnrolledAlice> {
  const parts = createAccountParts()
  const { store, clock, audit, windowNow } = parts
  const keys = { ...keysOfTests, factorKey: () => factorKey }
  const trust = new DeviceTrust({ store, keys, trustSeconds: null, clock, audit })
  const shared = { ...parts, keys, trust, requirement: { kind: "none" } as const }
  const settings = { perUserMax: 50 }
  const starts = new SessionStart({ ...shared, windowNow, settings })
  const factors: FactorParts = {
    ...{ ...shared, starts, relyingParty: null, siteName: "Home", lostSecrets: { count: 0 } },
  }
  const secret = Buffer.from("12345678901234567890")
  const codes = [0, 1].map(makeRecoveryCode)
  const owner = { username: "alice", id: "app" }
  const alice = sampleUser("alice", {
    factors: sampleFactors({
      totp: {
        ...{ id: owner.id, createdAt: 0, lastUsedAt: null, lastStep: 0 },
        sealedSecret: sealSecret(secret, owner, factorKeyOfTests),
      },
      recoveryCodes: codes.map(({ index, text }) => ({ index, hash: plainHash(1, text) })),
    }),
  })
  await store.users.create(alice)
  const user = (await store.users.find("alice")) ?? alice
  const attempt = { username: "alice", address: "192.0.2.7", device: null }
  return {
    ...{ ...parts, factors, login: { user, attempt, ticket: null } },
    code: () => codeOf(secret, stepAt(clock.now())),
    recoveryCodes: codes.map(({ shown }) => shown),
    failures: async () => (await store.users.find("alice"))?.factors?.failures ?? 0,
  }
}
