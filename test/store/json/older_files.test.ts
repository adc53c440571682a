// Files as Postern 0.1 wrote them, which knew users and nothing else, and as the one after it did,
// which knew sessions but neither failed logins, nor released names, nor who used a session
// before: read, and written anew as they are today. The texts are literal on purpose: no code of
// today made them.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Files } from "../../support/faulty_disk.ts"
import { endingAt, sampleSession, sidOf, startOptions } from "../sample_session.ts"
import { openFaulty } from "./faulty_store.ts"
import { nameOf } from "./opened_store.ts"

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

const snapshotOf2 = textOf(
  `{"format":"postern-store","version":2,"sequence":2,`,
  `"users":[`,
  `{"username":"alice","passwordHash":"${hash}","roles":["admin"],"claims":{},"disabled":false,"createdAt":1795447800,"tokensNotBefore":0},`,
  `{"username":"bob","passwordHash":"${hash}","roles":[],"claims":{},"disabled":true,"createdAt":1795447801,"tokensNotBefore":7}`,
  `],`,
  `"reservedNames":[`,
  `{"username":"carol","deletedAt":1795447802}`,
  `],`,
  `"sessions":[`,
  `{"sid":"s2","username":"alice","startedAt":1795447800,"lastUsedAt":1795447800,"idleExpiresAt":1795534200,"expiresAt":1796052600,"rotations":0,"address":"192.0.2.7","userAgent":""}`,
  `],`,
  `"endedSessions":[`,
  `],`,
  `"revokedTokens":[`,
  `{"jti":"j1","expiresAt":1795448700,"isListed":true}`,
  `]}`,
)

const journalsOf2 = [
  textOf(
    `{"format":"postern-journal","version":1,"after":"0000000000000002"}`,
    `{"sequence":3,"changes":[["users","dave",{"username":"dave","passwordHash":"${hash}","roles":[],"claims":{"tenant":7},"disabled":false,"createdAt":1795447803,"tokensNotBefore":0}],["sessions","s1",{"sid":"s1","username":"alice","startedAt":1795447800,"lastUsedAt":1795447860,"idleExpiresAt":1795534260,"expiresAt":1796052600,"rotations":1,"address":"192.0.2.7","userAgent":"Browser/1.0"}]],"sum":"f8adbeeb"}`,
    `{"sequence":4,"changes":[["users","bob",null],["reservedNames","bob",{"username":"bob","deletedAt":1795447804}],["sessions","s2",null],["endedSessions","s2",{"sid":"s2","tokensExpireAt":1795448704}]],"sum":"74b40188"}`,
  ),
  journals[1] ?? "",
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

test("openJsonStore() reads files of version 2, without failed logins or released names", async (t) => {
  const { store, warnings } = await openFaulty(t, { files: filesOf(snapshotOf2, journalsOf2) })
  assert.deepEqual(await store.listUsers(), [alice, { ...dave, claims: { tenant: 7 } }])
  const sessions = await store.listSessions("alice")
  const added = { usedBefore: null, sharedRotation: 0, sharedRun: 0 }
  assert.deepEqual(
    sessions.map((session) => ({ ...session, ...added })),
    sessions,
  )
  assert.deepEqual(sessions.map(sidOf), ["s1"])
  const listed = { sids: ["s2"], jtis: ["j1"] }
  assert.deepEqual(await store.listRevocations(1_795_448_600), listed)
  for (const name of ["alice", "dave"]) assert.equal(await store.findFailedLogins(name), null)
  for (const [name, deletedAt] of [
    ["carol", 1_795_447_802],
    ["bob", 1_795_447_804],
  ] as const) {
    assert.equal(await store.addUser({ ...alice, username: name }), "reserved", name)
    assert.equal(await store.releaseName(name), true)
    assert.equal(await store.addUser({ ...alice, username: name }), "added", name)
    assert.equal((await store.findUser(name))?.tokensNotBefore, deletedAt + 1)
  }
  assert.deepEqual(warnings, [])
})

test("files of version 2 are written anew as version 4, by the next snapshot", async (t) => {
  const small = { bytesBetweenSnapshotsMin: 100 }
  const files = filesOf(snapshotOf2, journalsOf2)
  const { store, disk, reopen } = await openFaulty(t, { files, ...small })
  await store.releaseName("carol")
  for (let count = 0; count < 30; count += 1) await store.countFailedLogin("alice", "stranger")
  const again = await reopen()
  const document = JSON.parse(disk.files.get("store.json")?.toString() ?? "")
  assert.equal(document.version, 4)
  assert.ok(document.failedLogins[0].strangers > 0)
  assert.deepEqual(document.reservedNames, [
    { username: "carol", deletedAt: 1_795_447_802, isReleased: true },
    { username: "bob", deletedAt: 1_795_447_804, isReleased: false },
  ])
  const failed = { username: "alice", strangers: 30, devices: 0 }
  assert.deepEqual(await again.findFailedLogins("alice"), failed)
  assert.equal(await again.addUser({ ...alice, username: "carol" }), "added")
})

test("files of version 1 are written anew as version 4, by the next snapshot", async (t) => {
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
  assert.equal(document.version, 4)
  assert.deepEqual(Object.keys(document), [
    ...["format", "version", "sequence", "users", "reservedNames"],
    ...["sessions", "endedSessions", "revokedTokens", "failedLogins", "sum"],
  ])
  assert.deepEqual((await again.listUsers()).map(nameOf), ["alice", "dave"])
  assert.equal((await again.listSessions("alice")).map(sidOf).length, 11)
  assert.deepEqual(await again.listRevocations(endingAt().at), { sids: ["s0"], jtis: ["j1"] })
})

test("openJsonStore() reads files of version 2 whose lists are on one line each", async (t) => {
  const joined = snapshotOf2.replace(/(\[|,)\n(?=[{\]])|\n(?=\])/g, "$1")
  assert.equal(joined.split("\n").length, 7)
  const { store, warnings } = await openFaulty(t, { files: filesOf(joined, journalsOf2) })
  assert.deepEqual((await store.listUsers()).map(nameOf), ["alice", "dave"])
  assert.deepEqual((await store.listSessions("alice")).map(sidOf), ["s1"])
  assert.deepEqual(warnings, [])
})

/** As many lines of users as are more than what is read at a time, with a comma after the last. */
function tooManyCommas(): string {
  let lines = ""
  for (let count = 0; lines.length <= 256 * 1024; count += 1) {
    lines += `${JSON.stringify({ ...alice, username: `u${count}` })},\n`
  }
  return lines
}

const refused: readonly (readonly [name: string, text: string, message: RegExp])[] = [
  [
    "version 0",
    snapshot.replace('"version":1', '"version":0'),
    /line 1: its version is not 4, the one written here$/,
  ],
  [
    "a version that is text",
    snapshot.replace('"version":1', '"version":"1"'),
    /line 1: its version is not 4, the one written here$/,
  ],
  ...["0", '"length"', "[]", '"a"', "null"].map(
    (value) =>
      [
        `a record that is ${value}`,
        snapshot.replace(/("reservedNames":\[)[^\]]*/, `$1${value}`),
        /reservedNames, record 1: a record is not an object$/,
      ] as const,
  ),
  [
    "a comma and a blank line after the last of many records",
    snapshot.replace(/"users":\[\n[\s\S]*?(?=\],\n"res)/, () => `"users":[\n${tooManyCommas()}\n`),
    /it is not JSON text from there on$/,
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
  [
    "version 2 with a table of version 3",
    snapshotOf2.replace("\n]}\n", '\n],\n"failedLogins":[\n]}\n'),
    /'failedLogins': it is no member of a store$/,
  ],
  ...[
    '{"at":1,"address":"","userAgent":"","more":1}',
    '{"at":-1,"address":"","userAgent":""}',
    '{"at":1,"address":7,"userAgent":""}',
    '{"at":1,"address":""}',
    '"login"',
  ].map(
    (use) =>
      [
        `a session whose use before is ${use}`,
        snapshotOf2.replace('"rotations":0', `"rotations":0,"usedBefore":${use}`),
        /sessions, record 1: 'usedBefore' is missing or not valid$/,
      ] as const,
  ),
  [
    "version 3 without its table",
    snapshotOf2.replace('"version":2', '"version":3'),
    /failedLogins: the list is missing$/,
  ],
  [
    "version 3 with failed logins that are less than none",
    snapshotOf2
      .replace('"version":2', '"version":3')
      .replace(
        "\n]}\n",
        '\n],\n"failedLogins":[\n{"username":"alice","strangers":-1,"devices":0}\n]}\n',
      ),
    /failedLogins, record 1: 'strangers' is missing or not valid$/,
  ],
]

for (const [name, text, message] of refused) {
  test(`openJsonStore() refuses a store.json of ${name}`, async (t) => {
    assert.ok(text !== snapshot && text !== snapshotOf2)
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

function filesOf(store: string, beside: readonly string[] = journals): Files {
  const texts = [store, ...beside]
  const names = ["store.json", "journal.0.jsonl", "journal.1.jsonl"]
  return new Map(names.map((name, index) => [name, Buffer.from(texts[index] ?? "")]))
}
