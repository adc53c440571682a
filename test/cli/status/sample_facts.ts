// Facts for the tests of `postern status`, in which nothing is wrong.

import type { StatusAnswer } from "../../../src/admin/status_answer.ts"
import type { DirectoryFacts } from "../../../src/cli/status/directory_facts.ts"
import type { DatabaseFacts, StatusFacts } from "../../../src/cli/status/status_facts.ts"
import { startOfTests as now } from "../../support/fake_clock.ts"

const day = 86_400

/** What a store holds that is empty. */
export const amounts = {
  ...{ users: 0, sessions: 0, lockedUsers: 0, serviceTokens: 0, expiringTokens: [] },
}

/** What a service says that is well; `members` replaces what matters to a test. */
export function sampleAnswer(members: Partial<StatusAnswer> = {}): StatusAnswer {
  return {
    ...{ version: "1.2.3", startedAt: now - 3 * day - 4 * 3600, now, isReady: true },
    listensAt: "http://127.0.0.1:8080",
    content: { ...amounts, users: 1234, sessions: 5678 },
    waiting: { clients: 0, atAccounts: 0 },
    keys: [
      { kid: "K1", alg: "ES256", state: "signing", publishedAt: now - 83 * day, signsFrom: now },
    ],
    rotationSeconds: null,
    journal: { entriesSinceSnapshot: 1500, snapshotAt: now - 60, snapshotFailures: 0 },
    ...{ failedChanges: 0, lostFactorSecrets: 0, lostAuditLines: 0, notices: [], seedUsers: 0 },
    ...{ hasPreviousStoreSecret: false, auditFile: "/data/audit.jsonl", proxies: [] },
    ...members,
  }
}

/** A data directory that is well. */
export function sampleDirectory(members: Partial<DirectoryFacts> = {}): DirectoryFacts {
  return {
    ...{ place: "/data", isSetUp: true, bytes: 12_000_000, lock: "held", roomBytes: 5e9 },
    ...{ open: [], foreign: [], found: null, problem: null, keysProblem: null },
    backup: { madeAt: now - day, file: "/backups/monday.json", bytes: 9_000_000, users: 1230 },
    ...members,
  }
}

type Status = NonNullable<DatabaseFacts["status"]>

/** A database that is well. */
export function sampleDatabase(members: Partial<Status> = {}): DatabaseFacts {
  const exact = (rows: number) => ({ rows, isExact: true })
  const status: Status = {
    ...{ serverVersion: "15.18", role: "postern", keys: null },
    schema: { applied: [1, 2], pending: [] },
    content: { users: exact(7), sessions: exact(8), bytes: 1_000_000, changes: exact(9) },
    services: { connections: 2, addresses: 1 },
    horizon: null,
    settings: { synchronousCommit: "on", fsync: "on", maxPreparedTransactions: 0 },
    ...members,
  }
  return { place: "database 'postern' at db:5432", status, problem: null }
}

/** All is well; `members` replaces what matters to a test. */
export function sampleFacts(members: Partial<StatusFacts> = {}): StatusFacts {
  return {
    ...{ now, version: "1.2.3", service: { answer: sampleAnswer(), problem: null } },
    ...{ store: sampleDirectory(), takenAddress: null },
    audit: { file: "/data/audit.jsonl", bytes: 4_000_000 },
    settings: { notices: [], seedUsers: 0, hasPreviousStoreSecret: false },
    ...members,
  }
}
