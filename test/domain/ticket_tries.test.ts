import assert from "node:assert/strict"
import { test } from "node:test"
import { countTry, forget, ticketsMax, useUp } from "../../src/domain/ticket_tries.ts"
import { sampleTicket } from "../store/sample_factors.ts"
import { start } from "../store/sample_session.ts"

const triesMax = 3
const at = start
const ticket = sampleTicket("t1")
const other = { ...sampleTicket("t2"), tries: 1, isUsed: false }

test("countTry() counts each ticket separately, up to the limit", () => {
  let tickets = countTry([other], { ticket, at, triesMax })
  assert.deepEqual(tickets, [other, { ...ticket, tries: 1, isUsed: false }])
  for (let tries = 2; tries <= triesMax; tries += 1) {
    assert.ok(typeof tickets !== "string")
    tickets = countTry(tickets, { ticket, at, triesMax })
    assert.deepEqual(tickets, [other, { ...ticket, tries, isUsed: false }])
  }
  assert.ok(typeof tickets !== "string")
  assert.equal(countTry(tickets, { ticket, at, triesMax }), "tries_over")
  assert.ok(typeof countTry(tickets, { ticket: other, at, triesMax }) !== "string")
})

test("useUp() lets a ticket complete one login only", () => {
  const tried = { ...ticket, tries: triesMax, isUsed: false }
  for (const [before, tries] of [
    [[other], 0],
    [[tried, other], triesMax],
  ] as const) {
    const used = { ...ticket, tries, isUsed: true }
    assert.deepEqual(useUp(before, { ticket, at }), [other, used])
    assert.equal(useUp([used], { ticket, at }), "used")
    assert.equal(countTry([used], { ticket, at, triesMax: 100 }), "used")
  }
})

test("countTry() and useUp() without a ticket change nothing", () => {
  assert.deepEqual(countTry([other], { ticket: null, at, triesMax: 0 }), [other])
  assert.deepEqual(useUp([other], { ticket: null, at }), [other])
})

test("countTry() and useUp() refuse a ticket from the instant at which it expires", () => {
  const { expiresAt } = ticket
  for (const tickets of [[], [{ ...ticket, tries: 0, isUsed: false }]]) {
    assert.equal(countTry(tickets, { ticket, at: expiresAt, triesMax }), "used")
    assert.equal(useUp(tickets, { ticket, at: expiresAt }), "used")
    assert.ok(typeof countTry(tickets, { ticket, at: expiresAt - 1, triesMax }) !== "string")
    assert.ok(typeof useUp(tickets, { ticket, at: expiresAt - 1 }) !== "string")
  }
})

test("useUp() forgets tickets a minute after their end, for a clock that is behind", () => {
  const old = { ...sampleTicket("old", at - 59), tries: 0, isUsed: true }
  const older = { ...sampleTicket("older", at - 60), tries: 0, isUsed: true }
  const used = { ...ticket, tries: 0, isUsed: true }
  assert.deepEqual(useUp([older, old], { ticket, at }), [old, used])
  const behind = { ticket: old, at: at - 100 }
  assert.equal(useUp([old, used], behind), "used", "it was good by that clock")
})

test("countTry() has room for so many tickets, and forgets none that may be good", () => {
  const tickets = Array.from({ length: ticketsMax }, (_, index) => ({
    ...sampleTicket(`t${index}`, at + 1),
    ...{ tries: 1, isUsed: index % 2 === 0 },
  }))
  const late = sampleTicket("late")
  assert.equal(countTry(tickets, { ticket: late, at, triesMax }), "tries_over")
  assert.equal(useUp(tickets, { ticket: late, at }), "tries_over")
  const [known = assert.fail()] = tickets.slice(1)
  const tried = countTry(tickets, { ticket: known, at, triesMax })
  assert.equal(tried.length, ticketsMax)
  assert.deepEqual(tried.at(-1), { ...known, tries: 2 })
  const passed = at + 61
  const [only, ...rest] = countTry(tickets, { ticket: late, at: passed, triesMax })
  assert.deepEqual([only, rest], [{ ...late, tries: 1, isUsed: false }, []])
})

test("forget() drops the tries of one ticket, and of none that is not there", () => {
  const tried = { ...ticket, tries: 1, isUsed: false }
  assert.deepEqual(forget([other, tried], ticket.id), [other])
  for (const id of ["t9", "", undefined]) assert.deepEqual(forget([other], id), [other])
})
