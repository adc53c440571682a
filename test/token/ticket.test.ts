// Tickets: read back as they were written, and never when anything of them was changed.

import assert from "node:assert/strict"
import { test } from "node:test"
import { seal } from "../../src/token/seal.ts"
import { readTicket, type Ticket, writeTicket } from "../../src/token/ticket.ts"

const key = Buffer.alloc(32, 3)
const ticket: Ticket = {
  ...{ id: "i".repeat(22), sid: "s".repeat(22), host: "photos.example.org" },
  ...{ state: "A".repeat(43), target: "https://photos.example.org/a?b=c#é" },
  ...{ attempt: 0, expiresAt: 1_795_447_860 },
}

test("readTicket() gives what writeTicket() was given", () => {
  const targets = [
    "",
    "https://photos.example.org/",
    `https://h/${"é".repeat(2000)}`,
    '","'.repeat(9),
  ]
  for (const target of targets) {
    for (const attempt of [0, 1, 9]) {
      const one = { ...ticket, target, attempt }
      const token = writeTicket(one, key)
      assert.match(token, /^[\w-]+\.[\w-]{32}$/)
      assert.deepEqual(readTicket(token, Buffer.from(key)), one)
    }
  }
})

test("readTicket() gives null for every other text", () => {
  const token = writeTicket(ticket, key)
  const [text = "", tag = ""] = token.split(".")
  const forged = Buffer.from(JSON.stringify({ ...ticket, host: "admin" })).toString("base64url")
  const texts = [
    ...["", ".", text, `${text}.`, `.${tag}`, `${token}.`, `${token} `, `${text}=.${tag}`],
    ...[`${forged}.${tag}`, `.${seal("ticket", [""], key)}x`, `${"A".repeat(20_000)}.${tag}`],
    ...[
      `${text}.${seal("link", [text], key)}`,
      `${text}.${seal("ticket", [text], Buffer.alloc(32))}`,
    ],
  ]
  for (const other of texts) assert.equal(readTicket(other, key), null, other.slice(0, 90))
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at] === "A" ? "B" : "A"
    assert.equal(
      readTicket(text.slice(0, at) + letter + text.slice(at + 1) + token.slice(text.length), key),
      null,
    )
  }
})
