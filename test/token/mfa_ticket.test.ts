// Tickets of logins between password and factor: read back as they were written, void after a reset
// of their user, and nothing else is one.

import assert from "node:assert/strict"
import { test } from "node:test"
import {
  isMfaTicket,
  type MfaTicket,
  readMfaTicket,
  writeMfaTicket,
} from "../../src/token/mfa_ticket.ts"
import { seal } from "../../src/token/seal.ts"
import { sampleHash, sampleUser } from "../store/sample_user.ts"

const key = Buffer.alloc(32, 3)
const alice = sampleUser("alice")
const ticket: MfaTicket = {
  ...{ id: "i".repeat(22), username: "alice", due: "factor", medium: "json" },
  ...{ device: "d".repeat(14), stays: false, expiresAt: 1_795_448_100 },
}

test("readMfaTicket() gives what writeMfaTicket() was given", () => {
  const tickets = [
    ticket,
    { ...ticket, due: "enrolment", medium: "page", device: null, stays: true } satisfies MfaTicket,
    { ...ticket, username: `a'${"$".repeat(251)}z` },
  ]
  for (const one of tickets) {
    const text = writeMfaTicket(one, alice, key)
    assert.match(text, /^ptm_[\w-]+\.[\w-]{32}$/)
    assert.equal(isMfaTicket(text), true)
    const { isFor, ...read } = readMfaTicket(text, Buffer.from(key)) ?? assert.fail()
    assert.deepEqual(read, one)
    assert.equal(isFor(alice), true)
  }
})

test("isFor() is false after a reset of the user, or another password", () => {
  const read = readMfaTicket(writeMfaTicket(ticket, alice, key), key)
  const changed = [
    { ...alice, passwordHash: sampleHash("B") },
    { ...alice, tokensNotBefore: alice.tokensNotBefore + 1 },
  ]
  for (const user of changed) assert.equal(read?.isFor(user), false)
  // What a ticket is not about.
  const other = { ...alice, roles: ["admin"], claims: { team: 7 }, disabled: true }
  assert.equal(read?.isFor(other), true)
})

test("a ticket shows neither the hash nor the key", () => {
  const text = writeMfaTicket(ticket, alice, key)
  const plain = Buffer.from(text.slice(4).split(".")[0] ?? "", "base64url").toString()
  assert.deepEqual(JSON.parse(plain).slice(0, 7), Object.values(ticket))
  for (const secret of [alice.passwordHash, alice.passwordHash.split("$").at(-1) ?? ""]) {
    assert.equal(plain.includes(secret), false)
  }
})

test("readMfaTicket() gives null for every other text", () => {
  const token = writeMfaTicket(ticket, alice, key)
  const [text = "", tag = ""] = token.slice(4).split(".")
  const forged = Buffer.from(JSON.stringify({ ...ticket, username: "bob" })).toString("base64url")
  const texts = [
    ...["", "ptm_", "ptm_.", text, `${text}.${tag}`, `ptm_${text}`, `ptm_${text}.`, `ptm_.${tag}`],
    ...[`${token}.`, `${token}.x`, `${token} `, ` ${token}`, `${token}=`, `ptm_${text}=.${tag}`],
    ...[`ptm_${forged}.${tag}`, `PTM_${text}.${tag}`, `ptr_${text}.${tag}`, token.toUpperCase()],
    ...[`ptm_${text}.${seal("factor", [text], Buffer.alloc(32))}`, `${token}${token}`],
    ...[
      `ptm_${text}.${seal("factor", ["version", text], key)}`,
      `ptm_${"A".repeat(20_000)}.${tag}`,
    ],
    ...(["master", "gate", "ticket", "link", "trust"] as const).map(
      (kind) => `ptm_${text}.${seal(kind, [text], key)}`,
    ),
  ]
  for (const other of texts) assert.equal(readMfaTicket(other, key), null, other.slice(0, 90))
  assert.equal(readMfaTicket(token, Buffer.alloc(32)), null)
  for (let at = 4; at < token.length; at += 1) {
    const letter = token[at] === "A" ? "B" : "A"
    assert.equal(readMfaTicket(token.slice(0, at) + letter + token.slice(at + 1), key), null)
  }
})

test("readMfaTicket() reads the seal before anything else", () => {
  for (const content of ["", "null", "[]", "{", "[1,2]", '{"id":"x"}']) {
    const text = Buffer.from(content).toString("base64url")
    assert.equal(readMfaTicket(`ptm_${text}.${"A".repeat(32)}`, key), null)
  }
})
