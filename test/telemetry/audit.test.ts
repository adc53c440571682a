// The audit trail: what a line tells, and the file that keeps it.

import assert from "node:assert/strict"
import { mkdirSync, readFileSync, renameSync, rmdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { machineDisk } from "../../src/system/disk.ts"
import {
  type AuditFile,
  auditEnded,
  callerFields,
  createAudit,
  openAuditFile,
} from "../../src/telemetry/audit.ts"
import { auditLine, createLog } from "../../src/telemetry/log.ts"
import { createCollectedLog } from "../support/collected_log.ts"
import { createFakeClock } from "../support/fake_clock.ts"
import { createFaultyDisk } from "../support/faulty_disk.ts"
import { settled } from "../support/settled.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const clock = createFakeClock()
const fields = {
  ...{ key: "k1", reason: "logout", request: "r1" },
  ...{ client: "192.0.2.7", session: "s1", user: "alice" },
} as const
const line =
  '{"time":"2026-11-23T15:30:00Z","level":"audit","event":"session.ended","user":"alice",' +
  '"session":"s1","client":"192.0.2.7","request":"r1","reason":"logout","key":"k1"}\n'

/** An audit trail to lists of what went to the log and to the file. */
function createWritten() {
  const clock = createFakeClock()
  const logged: string[] = []
  const filed: string[] = []
  const log = createLog({
    level: "error",
    clock,
    forPeople: false,
    write: (line) => logged.push(line()),
  })
  const file: Pick<AuditFile, "append" | "close"> = {
    append: (text) => filed.push(text),
    close: async () => {},
  }
  return { clock, log, file, logged, filed }
}

test("createAudit() writes one line to the log, whatever its level, and to the file", () => {
  const { clock, log, file, logged, filed } = createWritten()
  const audit = createAudit({ log, file, clock })
  audit("session.ended", fields)
  assert.deepEqual([logged, filed], [[line], [line]])
})

test("createAudit() writes the other client, and how many events a sum stands for", () => {
  const { clock, log, file, filed } = createWritten()
  const sum = { seconds: 60, count: 7, other: "198.51.100.9", client: "192.0.2.7" }
  createAudit({ log, file, clock })("refresh.refused", sum)
  const told = '"client":"192.0.2.7","other":"198.51.100.9","count":7,"seconds":60}\n'
  assert.ok(filed[0]?.endsWith(`"event":"refresh.refused",${told}`))
})

test("createAudit() writes to the log or the file alone, or to neither", () => {
  const { clock, log, file, logged, filed } = createWritten()
  createAudit({ log, file: null, clock })("session.ended", fields)
  assert.deepEqual([logged, filed], [[line], []])
  createAudit({ log: null, file, clock })("session.ended", fields)
  assert.deepEqual([logged, filed], [[line], [line]])
  createAudit({ log: null, file: null, clock })("session.ended", fields)
  assert.deepEqual([logged.length, filed.length], [1, 1])
})

test("createAudit() writes only known, defined fields", () => {
  const { clock, log, file, logged, filed } = createWritten()
  const more = { user: "alice", client: undefined, password: "wonderland", token: "ptr_x" }
  createAudit({ log, file, clock })("login.failed", more)
  const expected =
    '{"time":"2026-11-23T15:30:00Z","level":"audit","event":"login.failed","user":"alice"}\n'
  assert.deepEqual([logged, filed], [[expected], [expected]])
})

test("createAudit() escapes line breaks in fields", () => {
  const { clock, log, file, filed } = createWritten()
  const client = 'a\r\n{"event":"login.succeeded"}\u2028\u001b[2K'
  createAudit({ log, file, clock })("login.failed", { client })
  assert.equal(filed.length, 1)
  assert.match(String(filed[0]), /^[\x20-\x7e]+\n$/)
  assert.equal(JSON.parse(String(filed[0])).client, client)
})

test("callerFields() has the request and the address, and nothing that the client sent", () => {
  const caller = { requestId: "r1", address: "192.0.2.7", userAgent: "ptr_x" }
  assert.deepEqual(callerFields(caller), { request: "r1", client: "192.0.2.7" })
})

test("auditEnded() writes an event for each session", () => {
  const { log, takeAudit } = createCollectedLog()
  const audit = createAudit({ log, file: null, clock: createFakeClock() })
  auditEnded([], { reason: "logout" }, audit)
  assert.deepEqual(takeAudit(), [])
  const ended = [
    { sid: "s1", username: "alice" },
    { sid: "s2", username: "alice" },
  ]
  auditEnded(ended, { reason: "by_user", client: "192.0.2.7" }, audit)
  assert.deepEqual(
    takeAudit(),
    ["s1", "s2"].map((session) => ({
      ...{ event: "session.ended", user: "alice", session, client: "192.0.2.7", reason: "by_user" },
    })),
  )
})

test("openAuditFile() appends, mode 0600, and leaves what is there", async (t) => {
  const path = join(temporaryDirectory(t), "audit.jsonl")
  for (const text of ["one\n", "two\n"]) {
    const file = openAuditFile(path, machineDisk, { warn: assert.fail, clock })
    file.append(text)
    await file.close()
  }
  assert.equal(readFileSync(path, "utf8"), "one\ntwo\n")
  assert.equal(statSync(path).mode & 0o777, 0o600)
})

test("openAuditFile() makes a new file when the old one was moved away", async (t) => {
  const path = join(temporaryDirectory(t), "audit.jsonl")
  const file = openAuditFile(path, machineDisk, { warn: assert.fail, clock })
  file.append("one\n")
  await file.close()
  renameSync(path, `${path}.1`)
  file.append("two\n")
  await file.close()
  assert.deepEqual(
    [`${path}.1`, path].map((name) => readFileSync(name, "utf8")),
    ["one\n", "two\n"],
  )
  assert.equal(statSync(path).mode & 0o777, 0o600)
})

test("openAuditFile() warns with the error of the disk", async (t) => {
  const path = join(temporaryDirectory(t), "audit.jsonl")
  mkdirSync(path)
  const warnings: string[] = []
  const file = openAuditFile(path, machineDisk, { warn: (reason) => warnings.push(reason), clock })
  file.append("one\n")
  await file.close()
  assert.match(String(warnings[0]), /EISDIR/)
  rmdirSync(path)
  file.append("two\n")
  await file.close()
  assert.equal(readFileSync(path, "utf8"), "\none\ntwo\n")
})

/** A file on a disk that can fail, and what was warned of. */
function openFaulty() {
  const disk = createFaultyDisk()
  const warnings: string[] = []
  const file = openAuditFile("/nowhere/audit.jsonl", disk, {
    warn: (reason) => warnings.push(reason),
    clock,
  })
  const content = () => disk.files.get("audit.jsonl")?.toString() ?? ""
  return { disk, file, warnings, content }
}

test("openAuditFile() writes lines of one moment at once, in their order", async () => {
  const { disk, file, content } = openFaulty()
  const lines = Array.from({ length: 100 }, (_, index) => `${index}\n`)
  for (const text of lines) file.append(text)
  await file.close()
  assert.equal(content(), lines.join(""))
  assert.equal(disk.operations.filter(({ kind }) => kind === "write").length, 1)
})

test("openAuditFile() keeps the order of lines that come while others are written", async () => {
  const { disk, file, content } = openFaulty()
  const held = disk.holdWrites()
  file.append("one\n")
  await held.reached
  file.append("two\n")
  file.append("three\n")
  held.letGo()
  await file.close()
  assert.equal(content(), "one\ntwo\nthree\n")
})

test("openAuditFile() keeps lines while the disk fails, and writes them with the next", async () => {
  const { disk, file, warnings, content } = openFaulty()
  file.append("one\n")
  await settled()
  disk.fail(() => ({ code: "ENOSPC", taken: 1 }))
  for (const text of ["two\n", "three\n"]) {
    file.append(text)
    await settled()
  }
  assert.deepEqual(warnings, Array(2).fill("Error: ENOSPC: made by a test"))
  disk.fail()
  file.append("four\n")
  await file.close()
  // What got through of a line stands alone, and the line follows whole.
  assert.deepEqual(content().split("\n").filter(Boolean), ["one", "t", "two", "three", "four"])
})

test("openAuditFile() tries once more when it is closed", async () => {
  const { disk, file, warnings, content } = openFaulty()
  disk.fail(() => ({ code: "EIO" }))
  file.append("one\n")
  await settled()
  disk.fail()
  await file.close()
  assert.equal(content(), "\none\n")
  assert.equal(warnings.length, 1)
  await file.close()
  assert.equal(content(), "\none\n")
})

test("openAuditFile() closes on a disk that goes on failing", async () => {
  const { disk, file, warnings, content } = openFaulty()
  disk.fail(() => ({ code: "EIO" }))
  file.append("one\n")
  await file.close()
  assert.equal(content(), "")
  assert.deepEqual(warnings, Array(2).fill("Error: EIO: made by a test"))
})

test("openAuditFile() holds a mebibyte at most, says how much was lost, and goes on", async () => {
  const { disk, file, warnings, content } = openFaulty()
  const long = `${"x".repeat(1023)}\n`
  disk.fail(() => ({ code: "ENOSPC" }))
  for (let lines = 0; lines < 1100; lines += 1) file.append(long)
  await settled()
  const tooMany = "Lines are lost: too many wait for the file"
  assert.deepEqual(warnings, [tooMany, "Error: ENOSPC: made by a test"])
  assert.equal(file.linesLost(), 75)
  disk.fail()
  file.append("refused, but the disk is tried again\n")
  await settled()
  file.append("kept\n")
  await file.close()
  assert.equal(content(), `\n${long.repeat(1025)}${lostLine(76)}kept\n`)
  assert.deepEqual(warnings.slice(2), ["76 lines were lost"])
  assert.equal(file.linesLost(), 76)
})

test("openAuditFile() says where lines are missing, whatever came while it wrote those before", async () => {
  const { disk, file, content } = openFaulty()
  const long = `${"x".repeat(1024 * 1024)}\n`
  disk.fail(() => ({ code: "ENOSPC" }))
  for (const text of [long, "lost\n", "lost\n"]) file.append(text)
  await settled()
  disk.fail()
  const held = disk.holdWrites()
  file.append("lost, and the disk is tried again\n")
  await held.reached
  file.append("kept\n")
  held.letGo()
  await file.close()
  assert.equal(content(), `\n${long}${lostLine(3)}kept\n`)
})

test("openAuditFile() keeps the count while the disk goes on failing, and writes it at the end", async () => {
  const { disk, file, content } = openFaulty()
  const long = `${"x".repeat(1024 * 1024)}\n`
  disk.fail(() => ({ code: "ENOSPC" }))
  for (const text of [long, "lost\n"]) file.append(text)
  await settled()
  file.append("lost\n")
  await settled()
  disk.fail()
  await file.close()
  assert.equal(content(), `\n${long}${lostLine(2)}`)
})

function lostLine(lines: number): string {
  return auditLine("2026-11-23T15:30:00Z", "audit.lost", { lines })
}
