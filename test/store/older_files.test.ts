// Files as Postern 0.1 wrote them, which knew users and nothing else: read, and written anew as
// they are today. The texts are literal on purpose: no code of today made them.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Files } from "../support/faulty_disk.ts"
import { openFaulty } from "./faulty_store.ts"
import { nameOf } from "./opened_store.ts"
import { endingAt, sampleSession, sidOf, startOptions } from "./sample_session.ts"

const hash = `$argon2id$v=19$m=19456,t=2,p=1$${"A".repeat(22)}$${"A".repeat(43)}`

const snapshot = textOf(
  `{"format":"postern-store","version":1,"sequence":2,`,
  `"users":[`,
  `{"username":"alice","passwordHash":"${hash}","roles":["admin"],"disabled":false,"createdAt":1795447800,"tokensNotBefore":0},`,
  `{"username":"bob","passwordHash":"${hash}","roles":[],"disabled":true,"createdAt":1795447801,"tokensNotBefore":7}`,
  `],`,
  `"reservedNames":[`,
  `{"username":"carol","deletedAt":1795447802}`,
  `]}`,
)

const journals = [
  textOf(
    `{"format":"postern-journal","version":1,"after":"0000000000000002"}`,
    `{"sequence":3,"changes":[["users","dave",{"username":"dave","passwordHash":"${hash}","roles":[],"disabled":false,"createdAt":1795447803,"tokensNotBefore":0}]],"sum":"faaa63ba"}`,
    `{"sequence":4,"changes":[["users","bob",null],["reservedNames","bob",{"username":"bob","deletedAt":1795447804}]],"sum":"e344f4e7"}`,
  ),
  textOf(
    `{"format":"postern-journal","version":1,"after":"0000000000000000"}`,
    `{"sequence":1,"changes":[["users","carol",null]],"sum":"108e950f"}`,
    `{"sequence":2,"changes":[["reservedNames","carol",{"username":"carol","deletedAt":1795447802}]],"sum":"cdbc2ad2"}`,
  ),
]

const alice = {
  ...{ username: "alice", passwordHash: hash, roles: ["admin"], claims: {}, disabled: false },
  ...{ createdAt: 1_795_447_800, tokensNotBefore: 0 },
}
const dave = { ...alice, username: "dave", roles: [], createdAt: 1_795_447_803 }

test("openJsonStore() reads files of version 1, whose users have no claims and no sessions", async (t) => {
  const { store, warnings } = await openFaulty(t, { files: filesOf(snapshot) })
  assert.deepEqual(await store.listUsers(), [alice, dave])
  for (const user of await store.listUsers()) assert.ok(Object.isFrozen(user.claims))
  assert.deepEqual(await store.listSessions("alice"), [])
  assert.deepEqual(await store.listRevocations(0), { sids: [], jtis: [] })
  for (const name of ["bob", "carol"]) {
    assert.equal(await store.addUser({ ...alice, username: name }), "reserved", name)
  }
  assert.deepEqual(warnings, [])
})

test("openJsonStore() leaves files of version 1 as they are until something changes", async (t) => {
  const files = filesOf(snapshot)
  const { disk, reopen } = await openFaulty(t, { files })
  await (await reopen()).close()
  assert.deepEqual(new Map(disk.files), files)
})

test("files of version 1 are written anew as version 2, by the next snapshot", async (t) => {
  const small = { bytesBetweenSnapshotsMin: 100 }
  const { store, disk, reopen } = await openFaulty(t, { files: filesOf(snapshot), ...small })
  await store.changeUser("alice", { claims: { tenant: "a" } })
  const mixed = await reopen()
  assert.deepEqual(await mixed.findUser("alice"), { ...alice, claims: { tenant: "a" } })
  for (const index of Array.from({ length: 12 }, (_, at) => at)) {
    await mixed.startSession(sampleSession(`s${index}`), startOptions())
  }
  await mixed.endSession("s0", { ending: endingAt() })
  await mixed.revokeToken({ jti: "j1", expiresAt: endingAt().at + 60, isListed: true })
  for (const at of [1, 2, 3]) await mixed.changeUser("dave", { tokensNotBefore: at })
  const again = await reopen()
  const document = JSON.parse(disk.files.get("store.json")?.toString() ?? "")
  assert.equal(document.version, 2)
  assert.deepEqual(Object.keys(document), [
    ...["format", "version", "sequence", "users", "reservedNames"],
    ...["sessions", "endedSessions", "revokedTokens"],
  ])
  assert.deepEqual((await again.listUsers()).map(nameOf), ["alice", "dave"])
  assert.equal((await again.listSessions("alice")).map(sidOf).length, 11)
  assert.deepEqual(await again.listRevocations(endingAt().at), { sids: ["s0"], jtis: ["j1"] })
})

const refused: readonly (readonly [name: string, text: string, message: RegExp])[] = [
  [
    "version 3",
    snapshot.replace('"version":1', '"version":3'),
    /'\S+\/store\.json': line 1: its version is not 2, the one written here$/,
  ],
  [
    "version 0",
    snapshot.replace('"version":1', '"version":0'),
    /line 1: its version is not 2, the one written here$/,
  ],
  [
    "a version that is text",
    snapshot.replace('"version":1', '"version":"1"'),
    /line 1: its version is not 2, the one written here$/,
  ],
  [
    "version 1 with a table of version 2",
    snapshot.replace("\n]}\n", '\n],\n"sessions":[\n]}\n'),
    /'sessions': it is no member of a store$/,
  ],
  [
    "version 2 without its tables",
    snapshot.replace('"version":1', '"version":2'),
    /sessions: the list is missing$/,
  ],
]

for (const [name, text, message] of refused) {
  test(`openJsonStore() refuses a store.json of ${name}`, async (t) => {
    assert.notEqual(text, snapshot)
    await assert.rejects(openFaulty(t, { files: filesOf(text) }), {
      name: "OperatorError",
      message,
      exitCode: 65,
    })
  })
}

function textOf(...lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("")
}

function filesOf(store: string): Files {
  const texts = [store, ...journals]
  const names = ["store.json", "journal.0.jsonl", "journal.1.jsonl"]
  return new Map(names.map((name, index) => [name, Buffer.from(texts[index] ?? "")]))
}
