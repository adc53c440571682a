import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { Unavailable } from "../../src/errors.ts"
import type { Asker } from "../../src/password/fair_queue.ts"
import { createHashingLane, type HashingLane } from "../../src/password/hashing_lane.ts"
import { settled } from "../support/settled.ts"

/** All of one client, so that they go in their order. */
const stranger: Asker = { groups: ["client 192.0.2.7"], isKnown: false }

/** Work whose end is chosen by hand. */
function createWork(lane: HashingLane) {
  const started: string[] = []
  const ends = new Map<string, (failure?: Error) => void>()
  const run = (name: string, asker = stranger) =>
    lane.run(() => {
      started.push(name)
      return new Promise<string>((resolve, reject) => {
        ends.set(name, (failure) => (failure === undefined ? resolve(name) : reject(failure)))
      })
    }, asker)
  const end = async (name: string, failure?: Error) => {
    ends.get(name)?.(failure)
    await settled()
  }
  return { started, run, end }
}

test("createHashingLane() runs as many at a time as it is wide, and the rest in their order", async () => {
  const { started, run, end } = createWork(createHashingLane({ width: 2 }))
  const all = Promise.all([..."abcde"].map((name) => run(name)))
  await settled()
  assert.deepEqual(started, ["a", "b"])
  await end("b")
  assert.deepEqual(started, ["a", "b", "c"])
  await end("c")
  await end("a")
  assert.deepEqual(started, ["a", "b", "c", "d", "e"])
  await end("e")
  await end("d")
  assert.deepEqual(await all, ["a", "b", "c", "d", "e"])
})

test("createHashingLane() never runs more than its width, however many arrive at what times", async () => {
  const lane = createHashingLane({ width: 3 })
  let running = 0
  let most = 0
  const work = async () => {
    running += 1
    most = Math.max(most, running)
    await settled()
    running -= 1
  }
  // Each that ends is followed by one that comes at that very moment.
  const first = Array.from({ length: 30 }, () =>
    lane.run(work, stranger).then(() => lane.run(work, stranger)),
  )
  await Promise.all(first)
  assert.equal(most, 3)
  assert.equal(running, 0)
})

test("createHashingLane() hands the place on after a failure", async () => {
  const { started, run, end } = createWork(createHashingLane({ width: 1 }))
  const failing = assert.rejects(run("a"), { message: "out of memory" })
  const next = run("b")
  await end("a", new Error("out of memory"))
  await failing
  assert.deepEqual(started, ["a", "b"])
  await end("b")
  assert.equal(await next, "b")
})

test("createHashingLane() hands the place on after work that throws at once", async () => {
  const lane = createHashingLane({ width: 1 })
  const failing = lane.run(() => {
    throw new TypeError("a bug")
  }, stranger)
  const next = lane.run(async () => "done", stranger)
  await assert.rejects(failing, { name: "TypeError", message: "a bug" })
  assert.equal(await next, "done")
})

test("createHashingLane() refuses at once when the queue is full, and takes more when it is not", async () => {
  const { started, run, end } = createWork(createHashingLane({ width: 1, waitingMax: 2 }))
  const taken = [run("a"), run("b"), run("c")]
  await assert.rejects(run("d"), (error: Unavailable) => {
    assert.ok(error instanceof Unavailable)
    assert.equal(error.message, "Too many logins at a time")
    assert.equal(error.retryAfterSeconds, 1)
    return true
  })
  assert.deepEqual(started, ["a"], "it did not wait for the one that runs")
  await end("a")
  taken.push(run("e"))
  for (const name of ["b", "c", "e"]) await end(name)
  assert.deepEqual(await Promise.all(taken), ["a", "b", "c", "e"])
})

test("createHashingLane() takes a newcomer of another client into a full queue, and lets it pass", async () => {
  const { started, run, end } = createWork(createHashingLane({ width: 1, waitingMax: 2 }))
  const taken = [run("a"), run("b")]
  const turnedAway = assert.rejects(run("c"), {
    name: "Unavailable",
    message: "Too many logins at a time",
  })
  const other = { groups: ["client 192.0.2.8"], isKnown: false }
  taken.push(run("d", other))
  await turnedAway
  for (const name of ["a", "b", "d"]) await end(name)
  assert.deepEqual(await Promise.all(taken), ["a", "b", "d"])
  taken.push(...["e", "f", "g"].map((name) => run(name)), run("h", other))
  taken.at(-2)?.catch(() => {})
  await settled()
  for (const name of ["e", "f", "h"]) await end(name)
  assert.deepEqual(started.slice(3), ["e", "f", "h"])
})

test("createHashingLane() refuses a waiter after five seconds, and serves the next", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] })
  const { started, run, end } = createWork(createHashingLane({ width: 1, waitingMax: 2 }))
  const first = run("a")
  const late = assert.rejects(run("b"), {
    name: "Unavailable",
    message: "Too many logins at a time",
  })
  t.mock.timers.tick(4_000)
  const next = run("c")
  t.mock.timers.tick(1_000)
  await late
  await end("a")
  t.mock.timers.tick(10_000)
  await end("c")
  assert.deepEqual(await Promise.all([first, next]), ["a", "c"])
  assert.deepEqual(started, ["a", "c"])
})

test("createHashingLane() lets 200 wait by default", async () => {
  const { run, started, end } = createWork(createHashingLane({ width: 1 }))
  const names = Array.from({ length: 201 }, (_, index) => `${index}`)
  const taken = Promise.all(names.map((name) => run(name)))
  await assert.rejects(run("one more"), { name: "Unavailable" })
  for (const name of names) await end(name)
  await taken
  assert.equal(started.length, 201)
})

test("figures() counts who waits, for how long, and who had to leave", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] })
  let now = 0
  const lane = createHashingLane({ width: 2, waitingMax: 2, millis: () => now })
  const countsOf = () => {
    const { waits, ...rest } = lane.figures()
    return { ...rest, waits: waits.counts, waited: waits.sumSeconds }
  }
  const none = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
  const idle = { width: 2, running: 0, waiting: 0, refusals: { full: 0, late: 0 } }
  assert.deepEqual(countsOf(), { ...idle, waits: none, waited: 0 })
  const { run, end } = createWork(lane)
  const taken = ["a", "b", "c", "d"].map((name) => run(name))
  await assert.rejects(run("e"), { name: "Unavailable" })
  const busy = { ...idle, running: 2, waiting: 2, refusals: { full: 1, late: 0 } }
  assert.deepEqual(countsOf(), { ...busy, waits: none.with(0, 2), waited: 0 })
  now = 1_500
  await end("a")
  const late = assert.rejects(taken[3] as Promise<string>, { name: "Unavailable" })
  t.mock.timers.tick(5_000)
  await late
  const waits = none.with(0, 2).with(10, 1)
  const left = { ...busy, waiting: 0, refusals: { full: 1, late: 1 } }
  assert.deepEqual(countsOf(), { ...left, waits, waited: 1.5 })
  for (const name of ["b", "c"]) await end(name)
  t.mock.timers.tick(50)
  await Promise.all(taken.slice(0, 3))
  assert.equal(lane.figures().running, 0)
})

/** Work in a lane, under way, and who has gone on from it, in order. Time moves by hand. */
async function startFollowed(t: TestContext, width: number, names: readonly string[]) {
  t.mock.timers.enable({ apis: ["setTimeout"] })
  const { started, run, end } = createWork(createHashingLane({ width }))
  const over: string[] = []
  const follow = (name: string) =>
    run(name).then(
      () => over.push(name),
      (error) => over.push(`${name}: ${error.message}`),
    )
  const all = Promise.all(names.map(follow))
  await settled()
  return { started, all, end, take: () => over.splice(0) }
}

test("createHashingLane() lets those whose turn is over go on four at a time, while others wait", async (t) => {
  const { started, all, end, take } = await startFollowed(t, 2, [..."abcdefgh"])
  await end("b")
  await end("a", new Error("out of memory"))
  await end("c")
  assert.deepEqual(take(), [])
  // The lane itself waits for none of that.
  assert.deepEqual(started, ["a", "b", "c", "d", "e"])
  await end("d")
  assert.deepEqual(take(), ["b", "a: out of memory", "c", "d"])
  await end("e")
  assert.deepEqual(take(), [])
  // Nobody waits any more.
  await end("f")
  assert.deepEqual(take(), ["e", "f"])
  await end("h")
  assert.deepEqual(take(), ["h"])
  await end("g")
  assert.deepEqual(take(), ["g"])
  await all
})

test("createHashingLane() releases a result at once when nobody waits", async (t) => {
  const { all, end, take } = await startFollowed(t, 2, ["a", "b"])
  await end("a")
  assert.deepEqual(take(), ["a"])
  await end("b")
  assert.deepEqual(take(), ["b"])
  await all
})

test("createHashingLane() holds back for 50 milliseconds at most, from the first of a group", async (t) => {
  const { all, end, take } = await startFollowed(t, 1, [..."abcdefghi"])
  const passes = async (millis: number) => {
    t.mock.timers.tick(millis)
    await settled()
  }
  await end("a")
  await passes(40)
  await end("b")
  await passes(9)
  assert.deepEqual(take(), [])
  await passes(1)
  assert.deepEqual(take(), ["a", "b"])
  await end("c")
  await passes(40)
  for (const name of ["d", "e", "f"]) await end(name)
  assert.deepEqual(take(), ["c", "d", "e", "f"])
  // The timer of a group that has gone on lets nobody of the next one go.
  await end("g")
  await passes(49)
  assert.deepEqual(take(), [])
  await passes(1)
  assert.deepEqual(take(), ["g"])
  for (const name of ["h", "i"]) await end(name)
  assert.deepEqual(take(), ["h", "i"])
  await all
})
