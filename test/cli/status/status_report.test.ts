// What `postern status` prints, word for word.

import assert from "node:assert/strict"
import { test } from "node:test"
import { statusInJson, statusInWords } from "../../../src/cli/status/status_report.ts"
import { startOfTests as now } from "../../support/fake_clock.ts"
import {
  amounts,
  sampleAnswer,
  sampleDatabase,
  sampleDirectory,
  sampleFacts,
} from "./sample_facts.ts"

const none = { answer: null, problem: null }
const since = ", 1,500 changes since the snapshot of 2026-11-23T15:29:00Z"
const warning = { code: "no_backup", text: "No backup was made yet", hint: "Make one" }

test("statusInWords() of a service that is well", () => {
  assert.equal(
    statusInWords(sampleFacts(), []),
    `All is well.

service       Postern 1.2.3, ready, since 2026-11-20T11:30:00Z (3 d 4 h), at http://127.0.0.1:8080
store         /data, 11 MiB${since}; 4,768 MiB left on the disk
users         1,234
sessions      5,678
have to wait  0 clients, 0 at one account
keys          ES256 K1, 83 d 0 h old
backup        2026-11-22T15:30:00Z (1 d 0 h), 1,230 users, 8,789 KiB, to /backups/monday.json
audit file    /data/audit.jsonl, 3,906 KiB
`,
  )
})

/** Facts, and lines that they change. */
const rows: readonly (readonly [
  name: string,
  facts: Parameters<typeof sampleFacts>[0],
  lines: readonly string[],
])[] = [
  [
    "no service, and a store that was counted",
    {
      service: none,
      store: sampleDirectory({ found: { users: 3, sessions: 4 }, backup: null }),
      audit: null,
    },
    [
      "service       -",
      "store         /data, 11 MiB; 4,768 MiB left on the disk",
      "users         3",
      "sessions      4",
      "have to wait  -",
      "keys          -",
      "backup        none",
      "audit file    not set",
    ],
  ],
  [
    "nothing at all",
    {
      service: none,
      store: sampleDirectory({ isSetUp: false }),
      audit: { file: "/a", bytes: null },
    },
    [
      "store         /data, not there",
      "users         -",
      "sessions      -",
      "audit file    /a: not seen",
    ],
  ],
  [
    "a service under attack",
    {
      service: {
        answer: sampleAnswer({
          isReady: false,
          startedAt: now - 3700,
          content: { ...amounts, users: 10, sessions: 20, lockedUsers: 3, serviceTokens: 4 },
          waiting: { clients: 1200, atAccounts: 7 },
          journal: null,
        }),
        problem: null,
      },
    },
    [
      "service       Postern 1.2.3, not ready, since 2026-11-23T14:28:20Z (1 h 1 min), at http://127.0.0.1:8080",
      "store         /data, 11 MiB; 4,768 MiB left on the disk",
      "users         10, 3 locked",
      "machines      4 service tokens",
      "have to wait  1,200 clients, 7 at one account",
    ],
  ],
  [
    "a service whose store can't be read",
    { service: { answer: sampleAnswer({ content: null, startedAt: now + 5 }), problem: null } },
    [
      "service       Postern 1.2.3, ready, since 2026-11-23T15:30:05Z (0 min), at http://127.0.0.1:8080",
      "users         -",
      "sessions      -",
    ],
  ],
  [
    "keys that follow one another",
    {
      service: {
        answer: sampleAnswer({
          keys: [
            { kid: "K0", alg: "ES256", state: "kept", publishedAt: 1, signsFrom: 1 },
            { kid: "K1", alg: "ES256", state: "signing", publishedAt: now - 60, signsFrom: 1 },
            { kid: "K2", alg: "ES256", state: "waiting", publishedAt: now, signsFrom: now + 300 },
          ],
          rotationSeconds: 86_400,
        }),
        problem: null,
      },
    },
    [
      "keys          ES256 K0, kept; ES256 K1, 1 min old; ES256 K2, from 2026-11-23T15:35:00Z; the next one at 2026-11-24T15:29:00Z",
    ],
  ],
  [
    "a shared secret",
    {
      service: {
        answer: sampleAnswer({
          keys: [{ kid: null, alg: "HS256", state: "signing", publishedAt: null, signsFrom: null }],
          rotationSeconds: 7,
        }),
        problem: null,
      },
    },
    ["keys          HS256 (shared secret)"],
  ],
  [
    "a database",
    { service: none, store: sampleDatabase() },
    [
      "store         database 'postern' at db:5432, PostgreSQL 15.18, 977 KiB",
      "users         7",
      "sessions      8",
      "backup        by pg_dump: docs/postgres.md",
    ],
  ],
  [
    "a database without a schema",
    { service: none, store: sampleDatabase({ content: null }) },
    ["store         database 'postern' at db:5432, PostgreSQL 15.18", "users         -"],
  ],
  [
    "a database that does not answer",
    { service: none, store: { place: "database 'p' at db:5432", status: null, problem: null } },
    ["store         database 'p' at db:5432, not reached", "users         -", "sessions      -"],
  ],
  [
    "a backup to a pipe",
    {
      store: sampleDirectory({ backup: { madeAt: now - 7200, file: null, bytes: 100, users: 1 } }),
    },
    ["backup        2026-11-23T13:30:00Z (2 h 0 min), 1 user, 100 bytes, to a pipe"],
  ],
]

for (const [name, facts, lines] of rows) {
  test(`statusInWords() of ${name}`, () => {
    const text = statusInWords(sampleFacts(facts), [])
    for (const line of lines) assert.ok(text.split("\n").includes(line), `${line}\n\n${text}`)
  })
}

test("statusInWords() begins with the warnings, and what to do", () => {
  const one = statusInWords(sampleFacts(), [warning])
  assert.match(one, /^1 warning:\n {2}No backup was made yet\.\n {4}Make one\.?\n\nservice /)
  assert.match(statusInWords(sampleFacts(), [warning, warning]), /^2 warnings:\n/)
})

test("statusInJson() has all of it", () => {
  assert.deepEqual(JSON.parse(statusInJson(sampleFacts(), [])), {
    ...{ ok: true, warnings: [], now, version: "1.2.3" },
    service: {
      ...{ version: "1.2.3", started_at: now - 273_600, ready: true },
      url: "http://127.0.0.1:8080",
    },
    store: {
      ...{ engine: "directory", place: "/data", bytes: 12_000_000, room_bytes: 5e9, lock: "held" },
      ...{ changes_since_snapshot: 1500, snapshot_at: now - 60 },
      last_backup: {
        ...{ made_at: now - 86_400, file: "/backups/monday.json", bytes: 9_000_000, users: 1230 },
      },
    },
    ...{ users: 1234, sessions: 5678, locked_users: 0, service_tokens: 0 },
    ...{ waiting_clients: 0, waiting_at_accounts: 0 },
    keys: [
      {
        ...{ kid: "K1", alg: "ES256", state: "signing" },
        ...{ published_at: now - 83 * 86_400, signs_from: now },
      },
    ],
    audit: { file: "/data/audit.jsonl", bytes: 4_000_000 },
  })
})

test("statusInJson() has null for what is not known", () => {
  const nothing = sampleFacts({
    ...{ service: none, audit: null },
    store: { place: "d", status: null, problem: null },
  })
  assert.deepEqual(JSON.parse(statusInJson(nothing, [warning])), {
    ...{ ok: false, warnings: [warning], now, version: "1.2.3", service: null },
    store: { engine: "postgresql", place: "d", bytes: null },
    ...{ users: null, sessions: null, locked_users: null, service_tokens: null },
    ...{ waiting_clients: null, waiting_at_accounts: null, keys: null, audit: null },
  })
  const unset = sampleFacts({ service: none, store: sampleDirectory({ backup: null }) })
  const { store } = JSON.parse(statusInJson(unset, []))
  assert.deepEqual(
    [store.last_backup, store.changes_since_snapshot, store.snapshot_at],
    [null, null, null],
  )
})
