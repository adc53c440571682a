// Who is next and who has to leave, without time and without hashes.

import assert from "node:assert/strict"
import { test } from "node:test"
import { type Asker, FairQueue } from "../../src/password/fair_queue.ts"

function from(...groups: readonly string[]): Asker {
  return { groups, isKnown: false }
}

function known(...groups: readonly string[]): Asker {
  return { groups, isKnown: true }
}

/** Lets several wait, named by a prefix and a number; gives those that had to leave. */
function addMany(
  queue: FairQueue<string>,
  [prefix, count]: readonly [string, number],
  askerOf: (index: number) => Asker,
): readonly string[] {
  const leaving = Array.from({ length: count }, (_, index) =>
    queue.add(`${prefix}${index}`, askerOf(index)),
  )
  return leaving.filter((one) => one !== null)
}

function takeAll(queue: FairQueue<string>): readonly string[] {
  const taken: string[] = []
  for (let next = queue.takeNext(); next !== null; next = queue.takeNext()) taken.push(next)
  return taken
}

test("takeNext() gives those of one group in the order in which they came, then null", () => {
  const queue = new FairQueue<string>(10)
  addMany(queue, ["a", 5], () => from("a"))
  assert.equal(queue.size, 5)
  assert.deepEqual(takeAll(queue), ["a0", "a1", "a2", "a3", "a4"])
  assert.equal(queue.size, 0)
  assert.equal(queue.takeNext(), null)
})

test("takeNext() takes one of each group in turn, however many wait", () => {
  const queue = new FairQueue<string>(20)
  addMany(queue, ["a", 5], () => from("a"))
  addMany(queue, ["b", 3], () => from("b"))
  addMany(queue, ["c", 1], () => from("c"))
  assert.deepEqual(takeAll(queue), ["a0", "b0", "c0", "a1", "b1", "a2", "b2", "a3", "a4"])
})

/** Floods of 200 by somebody, and what a newcomer has in common with them. */
const floods: Readonly<Record<string, (index: number) => Asker>> = {
  "one client and one account": () => from("client x", "account x"),
  "one client and many accounts": (index) => from("client x", `account ${index}`),
  "many clients and one account": (index) => from(`client ${index}`, "account x"),
  "one /48 of many /64s": (index) => from(`client ${index}`, "client x/48", `account ${index}`),
  "many devices of one account": (index) => known(`device x ${index}`, "devices x"),
}

for (const [what, askerOf] of Object.entries(floods)) {
  test(`a newcomer has one of the next turns while ${what} flood, and one of the flood leaves`, () => {
    const queue = new FairQueue<string>(200)
    assert.deepEqual(addMany(queue, ["flood", 200], askerOf), [])
    for (let round = 0; round < 300; round += 1) {
      const newcomer = `newcomer${round}`
      const leaving = queue.add(newcomer, from(`client of ${newcomer}`, `account of ${newcomer}`))
      assert.match(leaving ?? "", /^flood|^more/)
      const taken = Array.from({ length: 4 }, () => queue.takeNext())
      assert.ok(taken.includes(newcomer), String(taken))
      // The flood asks again at once, all that were turned away or served.
      addMany(queue, [`more${round}-`, 5], askerOf)
      assert.equal(queue.size, 200)
    }
  })
}

test("add() to a full queue turns away the newest of those with the most others in their groups", () => {
  const queue = new FairQueue<string>(6)
  addMany(queue, ["a", 3], () => from("a"))
  addMany(queue, ["b", 2], () => from("b"))
  addMany(queue, ["c", 1], () => from("c"))
  assert.equal(queue.add("a3", from("a")), "a3")
  assert.equal(queue.add("d0", from("d")), "a2")
  assert.equal(queue.add("e0", from("e")), "b1")
  assert.equal(queue.add("b2", from("b")), "b2")
  assert.equal(queue.size, 6)
  assert.deepEqual(takeAll(queue), ["a0", "b0", "c0", "d0", "e0", "a1"])
})

test("add() to a queue with one waiter in each group refuses a stranger, and lets known askers in", () => {
  const queue = new FairQueue<string>(3)
  addMany(queue, ["a", 3], (index) => from(`client ${index}`, `account ${index}`))
  assert.equal(queue.add("b", from("client b", "account b")), "b")
  assert.equal(queue.add("c", known("device c", "devices c")), "a2")
  assert.equal(queue.add("d", known("device d", "devices d")), "a1")
  assert.equal(queue.add("operator", known()), "a0")
  assert.equal(queue.add("e", known("device e", "devices e")), "e")
  assert.equal(queue.add("f", from("client f", "account f")), "f")
})

test("add() shares an account's turns by client, so that a guesser does not hold up its user", () => {
  const queue = new FairQueue<string>(200)
  addMany(queue, ["guess", 200], () => from("client x", "account alice"))
  assert.equal(queue.add("alice", from("client of alice", "account alice")), "guess199")
  const place = takeAll(queue).indexOf("alice")
  assert.ok(place <= 101, `${place} were before her`)
})

test("takeNext() serves every waiter at last, also of a large group", () => {
  const queue = new FairQueue<string>(200)
  addMany(queue, ["office", 20], () => from("office"))
  const taken: string[] = []
  let singles = 0
  // Each round three others come, each the only one of its groups.
  for (let round = 0; !taken.includes("office19"); round += 1) {
    assert.ok(round < 100)
    for (let count = 0; count < 3; count += 1) {
      singles += 1
      queue.add(`single${singles}`, from(`single${singles}`))
    }
    for (let count = 0; count < 4; count += 1) taken.push(queue.takeNext() ?? "")
  }
  const places = taken.flatMap((name, index) => (name.startsWith("office") ? [index] : []))
  for (const [number, place] of places.entries()) assert.ok(place <= 5 * number + 5, `${place}`)
})

test("remove() forgets one that waits, and its part of the groups", () => {
  const queue = new FairQueue<string>(3)
  addMany(queue, ["a", 2], () => from("a"))
  queue.add("b", from("b"))
  for (const name of ["a0", "a0", "nobody"]) queue.remove(name)
  assert.equal(queue.size, 2)
  assert.equal(queue.add("b1", from("b")), null)
  assert.equal(queue.add("c", from("c")), "b1")
  assert.deepEqual(takeAll(queue), ["b", "c", "a1"])
})
