import assert from "node:assert/strict"
import { test } from "node:test"
import {
  type AuditQuestion,
  anyLine,
  auditText,
  matches,
  readAuditLine,
} from "../../../src/cli/audit/audit_line.ts"
import { auditLine } from "../../../src/telemetry/log.ts"

const time = "2026-11-23T15:30:00Z"
const fields = { user: "alice", client: "192.0.2.7", reason: "no reason", count: 7 }
const record = { time, event: "login.failed", fields }

test("readAuditLine() gives what auditLine() was given", () => {
  assert.deepEqual(readAuditLine(auditLine(time, "login.failed", fields).trimEnd()), record)
})

const noLines: readonly string[] = [
  ...["", "null", "7", "[]", "{}", "text", '{"time":"2026-11-23T15:30:00Z","level":"aud'],
  '{"time":"2026-11-23T15:30:00Z","level":"info","event":"request"}',
  '{"time":7,"level":"audit","event":"login.failed"}',
  '{"time":"2026-11-23T15:30:00Z","level":"audit"}',
]

for (const line of noLines) {
  test(`readAuditLine() ${JSON.stringify(line)} is no line of a trail`, () => {
    assert.equal(readAuditLine(line), null)
  })
}

const questions: readonly (readonly [question: Partial<AuditQuestion>, isMatch: boolean])[] = [
  [{}, true],
  [{ user: "alice" }, true],
  [{ user: "bob" }, false],
  [{ user: "alic" }, false],
  [{ event: "login.failed" }, true],
  [{ event: "login" }, true],
  [{ event: "log" }, false],
  [{ event: "login.failed.x" }, false],
  [{ event: "login.succeeded" }, false],
  [{ since: "2026-11-23T15:30:00Z" }, true],
  [{ since: "2026-11-23T15:30:01Z" }, false],
  [{ until: "2026-11-23T15:30:00Z" }, false],
  [{ until: "2026-11-23T15:30:01Z" }, true],
  [{ user: "alice", event: "user", since: "2026-01-01T00:00:00Z" }, false],
]

for (const [question, isMatch] of questions) {
  test(`matches() ${JSON.stringify(question)}: ${isMatch}`, () => {
    assert.equal(matches(record, { ...anyLine, ...question }), isMatch)
  })
}

test("matches() asks for a user of lines that have one", () => {
  const nobody = { ...record, fields: {} }
  assert.equal(matches(nobody, { ...anyLine, user: "alice" }), false)
  assert.equal(matches(nobody, anyLine), true)
})

test("auditText() is one line for people, which can't command a terminal", () => {
  assert.equal(
    auditText(record),
    `${time} login.failed       user=alice client=192.0.2.7 reason="no reason" count=7\n`,
  )
  assert.equal(auditText({ ...record, fields: {} }), `${time} login.failed\n`)
  const hostile = { ...record, fields: { user: "\u001b[2J\n\u202e" } }
  assert.doesNotMatch(auditText(hostile).trimEnd(), /\p{Cc}|\u202e/u)
})
