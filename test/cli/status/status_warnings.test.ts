// Each warning of `postern status`: just not yet, and just now.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { StatusAnswer } from "../../../src/admin/status_answer.ts"
import type { DirectoryFacts } from "../../../src/cli/status/directory_facts.ts"
import type { StatusFacts } from "../../../src/cli/status/status_facts.ts"
import { warningsOf } from "../../../src/cli/status/status_warnings.ts"
import { startOfTests as now } from "../../support/fake_clock.ts"
import { sampleAnswer, sampleDatabase, sampleDirectory, sampleFacts } from "./sample_facts.ts"

const day = 86_400
const none = { answer: null, problem: null }
const problem = { text: "What is wrong", hint: "What to do" }

const answered = (members: Partial<StatusAnswer>): Partial<StatusFacts> => ({
  service: { answer: sampleAnswer(members), problem: null },
})
const inDirectory = (members: Partial<DirectoryFacts>): Partial<StatusFacts> => ({
  store: sampleDirectory(members),
})
const keyOf = (days: number, rotationDays: number | null): Partial<StatusFacts> => {
  const publishedAt = now - days * day
  const key = { kid: "K1", alg: "ES256", state: "signing", publishedAt, signsFrom: publishedAt }
  const rotationSeconds = rotationDays === null ? null : rotationDays * day
  return answered({
    keys: [{ ...key, kid: "K0", state: "kept", publishedAt: 0 }, key],
    rotationSeconds,
  })
}
const backupOf = (days: number): Partial<StatusFacts> =>
  inDirectory({ backup: { madeAt: now - days * day, file: null, bytes: 1, users: 1 } })
const kind = "connection" as const
const horizon = { kind, name: "7", database: "d", role: "r", program: "p", transactions: 3 }

const address = "http://127.0.0.1:8080"
const exact = (rows: number) => ({ rows, isExact: true })

const rows: readonly (readonly [
  name: string,
  facts: Partial<StatusFacts>,
  warnings: readonly (readonly [code: string, text: RegExp])[],
])[] = [
  ["nothing", {}, []],
  ["nothing over PostgreSQL", { store: sampleDatabase() }, []],
  [
    "a store that can't be read",
    inDirectory({ problem }),
    [["store_unreadable", /^What is wrong$/]],
  ],
  [
    "a database that can't be asked",
    { store: { place: "d", status: null, problem } },
    [["store_unreadable", /^What is wrong$/]],
  ],
  [
    "keys that can't be used",
    inDirectory({ keysProblem: problem }),
    [["keys_unreadable", /^What is wrong$/]],
  ],
  [
    "keys that another secret sealed",
    { service: none, store: sampleDatabase({ keys: "unopened" }) },
    [
      ["keys_unreadable", /^The keys in the database '.*' .* can't be opened with this secret/],
      ["not_running", /^No/],
    ],
  ],
  [
    "a database with users and no keys",
    { store: sampleDatabase({ keys: "missing" }) },
    [["keys_unreadable", /^The database '.*' at db:5432 has users, and no keys$/]],
  ],
  [
    "a database with neither",
    {
      store: sampleDatabase({
        keys: "missing",
        content: { users: exact(0), sessions: exact(0), bytes: 1, changes: exact(0) },
      }),
    },
    [],
  ],
  [
    "files of somebody else",
    inDirectory({ foreign: ["/data/keys.json"] }),
    [["wrong_owner", /^Not the service's own: '\/data\/keys\.json'$/]],
  ],
  [
    "a port that is taken",
    { service: none, store: sampleDirectory({ lock: "free" }), takenAddress: address },
    [
      ["port_taken", /^Another program listens at http:\/\/127\.0\.0\.1:8080$/],
      ["not_running", /^No service runs here$/],
    ],
  ],
  [
    "a service that waits for its database",
    { service: none, store: { place: "d", status: null, problem }, takenAddress: address },
    [
      ["store_unreadable", /^What/],
      ["not_running", /^No service answers commands here, but a program listens at http:/],
    ],
  ],
  [
    "a store that can't be read, without a backup",
    inDirectory({ problem, backup: null }),
    [["store_unreadable", /^What/]],
  ],
  [
    "codes that can't be compared",
    answered({ lostFactorSecrets: 3 }),
    [["factors_lost", /^Codes of authenticator apps could not be compared: 3$/]],
  ],
  ["a key of in a minute", keyOf(-60 / day, null), []],
  [
    "a key of the future",
    keyOf(-1, null),
    [["clock_wrong", /: the signing key is of 2026-11-24T15:30:00Z$/]],
  ],
  [
    "a snapshot of the future",
    answered({ journal: { entriesSinceSnapshot: 1, snapshotAt: now + 61, snapshotFailures: 0 } }),
    [["clock_wrong", /: the snapshot is of /]],
  ],
  ["a backup of the future", backupOf(-1), [["clock_wrong", /: the last backup is of /]]],
  [
    "a directory in which nothing is",
    { service: none, store: sampleDirectory({ isSetUp: false, roomBytes: 0, backup: null }) },
    [["not_set_up", /^Nothing is set up in '\/data'$/]],
  ],
  [
    "a service that can't be asked",
    { service: { answer: null, problem } },
    [["not_reached", /^What is/]],
  ],
  [
    "no service",
    { service: none, store: sampleDirectory({ lock: "free" }) },
    [["not_running", /^No service runs here$/]],
  ],
  [
    "no service here over PostgreSQL",
    { service: none, store: sampleDatabase() },
    [["not_running", /^No/]],
  ],
  [
    "a process that does not answer",
    { service: none },
    [["not_running", /^A process holds the data directory, and answers no commands$/]],
  ],
  [
    "a service that is not ready",
    answered({ isReady: false }),
    [["not_ready", /clients get 503$/]],
  ],
  ["room for twice the store", inDirectory({ bytes: 1000, roomBytes: 67_110_864 }), []],
  [
    "less room",
    inDirectory({ bytes: 1000, roomBytes: 67_110_863 }),
    [["disk_full", /^The disk has 64 MiB left, and the store needs 64 MiB at times$/]],
  ],
  [
    "failed writes",
    answered({ failedChanges: 1200 }),
    [["writes_failed", /since the start: 1,200$/]],
  ],
  [
    "failed snapshots",
    answered({ journal: { entriesSinceSnapshot: 1, snapshotAt: 1, snapshotFailures: 1 } }),
    [["snapshots_failed", /^A snapshot of the store could not be written/]],
  ],
  ["no journal", answered({ journal: null }), []],
  [
    "files that are open to others",
    inDirectory({ open: ["/data", "/data/keys.json"] }),
    [["open_to_others", /^Others may use '\/data', '\/data\/keys\.json'$/]],
  ],
  ["no backup", inDirectory({ backup: null }), [["no_backup", /^No backup was made yet$/]]],
  ["a backup of six days", backupOf(6.99), []],
  [
    "a backup of a week",
    backupOf(7),
    [["no_backup", /^The last backup is 7 days old, of 2026-11-16T15:30:00Z$/]],
  ],
  ["a key of a year", keyOf(364.9, null), []],
  ["an older key", keyOf(365, null), [["key_old", /^The signing key is 365 days old$/]]],
  ["a key that is due", keyOf(31, 30), []],
  [
    "a key that was not replaced",
    keyOf(32, 30),
    [["key_old", /^The signing key is 32 days old, and was not/]],
  ],
  [
    "a shared secret",
    answered({
      keys: [{ kid: null, alg: "HS256", state: "signing", publishedAt: null, signsFrom: null }],
    }),
    [],
  ],
  [
    "seeds",
    { settings: { notices: [], seedUsers: 2, hasPreviousStoreSecret: false } },
    [["seed_users", /^POSTERN_SEED_USERS is set/]],
  ],
  [
    "a previous secret",
    { settings: { notices: [], seedUsers: 0, hasPreviousStoreSecret: true } },
    [["previous_secret", /^POSTERN_STORE_SECRET_PREVIOUS is set/]],
  ],
  [
    "lost audit lines",
    answered({ lostAuditLines: 7 }),
    [["audit_lost", /that are not in the log: 7$/]],
  ],
  [
    "no audit file",
    { audit: { file: "/data/audit.jsonl", bytes: null } },
    [["audit_missing", /^The audit file '\/data\/audit\.jsonl' is not there/]],
  ],
  [
    "no audit file without a service",
    { service: none, audit: { file: "/a", bytes: null }, store: sampleDatabase() },
    [["not_running", /^No/]],
  ],
  [
    "a proxy that is not trusted",
    answered({ proxies: [{ address: "172.18.0.2", message: "Set POSTERN_TRUSTED_PROXIES" }] }),
    [["proxy", /^The settings do not fit the proxy at 172\.18\.0\.2$/]],
  ],
  [
    "another version",
    { version: "1.3.0" },
    [["other_version", /^The service is Postern 1\.2\.3, and this command is 1\.3\.0$/]],
  ],
  [
    "a schema that is old",
    { store: sampleDatabase({ schema: { applied: [1], pending: [{ number: 2, name: "x" }] } }) },
    [["schema_old", /^The database lacks tables$/]],
  ],
  ["a short transaction", { store: sampleDatabase({ horizon: { ...horizon, seconds: 599 } }) }, []],
  [
    "a transaction that hides its age",
    { store: sampleDatabase({ horizon: { ...horizon, seconds: null } }) },
    [],
  ],
  [
    "a long transaction",
    { store: sampleDatabase({ horizon: { ...horizon, seconds: 7260 } }) },
    [["transaction_open", /^A transaction is open for 121 minutes/]],
  ],
  [
    "a database without fsync",
    {
      store: sampleDatabase({
        settings: { synchronousCommit: "on", fsync: "off", maxPreparedTransactions: 0 },
      }),
    },
    [["not_durable", /^fsync is off/]],
  ],
  [
    "several things",
    {
      ...inDirectory({ backup: null, roomBytes: 0, open: ["/data"] }),
      settings: {
        notices: ["POSTERN_ISSUER is not set", "another"],
        seedUsers: 1,
        hasPreviousStoreSecret: false,
      },
    },
    [
      ["disk_full", /^The disk has 0 bytes left/],
      ["open_to_others", /'\/data'$/],
      ["no_backup", /^No backup/],
      ["seed_users", /^POSTERN_SEED_USERS/],
      ["settings", /^POSTERN_ISSUER is not set$/],
      ["settings", /^another$/],
    ],
  ],
]

for (const [name, facts, expected] of rows) {
  test(`warningsOf() ${name}: ${expected.map(([code]) => code).join(", ") || "all is well"}`, () => {
    const warnings = warningsOf(sampleFacts(facts))
    assert.deepEqual(
      warnings.map(({ code }) => code),
      expected.map(([code]) => code),
    )
    for (const [at, [, text]] of expected.entries()) {
      const { text: said = "", hint = "" } = warnings[at] ?? {}
      assert.match(said, text)
      assert.ok(hint.length > 5)
    }
  })
}
