import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { startHousekeeping, type Task } from "../../src/service/housekeeping.ts"
import { createCollectedLog } from "../support/collected_log.ts"
import { settled } from "../support/settled.ts"

/** Starts tasks under a timer that moves by hand. */
function start(t: TestContext, tasks: readonly Task[]) {
  t.mock.timers.enable({ apis: ["setInterval"] })
  const { log, events } = createCollectedLog()
  const housekeeping = startHousekeeping(tasks, { everySeconds: 60, log })
  const pass = async (seconds: number) => {
    t.mock.timers.tick(seconds * 1000)
    await settled()
  }
  return { housekeeping, events, pass }
}

/** A task whose work ends when the test says so. */
function createHeld(name: string) {
  const ends: (() => void)[] = []
  const task: Task = [name, () => new Promise<void>((resolve) => ends.push(resolve))]
  return { task, ends }
}

test("startHousekeeping() runs the tasks in their order, now and after each pause", async (t) => {
  const done: string[] = []
  const task = (name: string): Task => [name, async () => done.push(name)]
  const { housekeeping, pass, events } = start(t, [task("one"), task("two")])
  await settled()
  assert.deepEqual(done, ["one", "two"])
  await pass(59)
  assert.equal(done.length, 2)
  await pass(1)
  assert.deepEqual(done.splice(0), ["one", "two", "one", "two"])
  await housekeeping.stop()
  await pass(600)
  assert.deepEqual([done, events], [[], []])
})

test("startHousekeeping() logs a failing task and runs the next one", async (t) => {
  const done: string[] = []
  const { housekeeping, pass, events } = start(t, [
    ["one", () => Promise.reject(new Error("the disk is full"))],
    [
      "two",
      () => {
        throw new TypeError("a bug")
      },
    ],
    ["three", async () => done.push("three")],
  ])
  await settled()
  await pass(60)
  assert.deepEqual(done, ["three", "three"])
  assert.deepEqual(
    events.map(({ level, event, task }) => [level, event, task]),
    Array(2)
      .fill(["one", "two"])
      .flat()
      .map((task) => ["error", "housekeeping.failed", task]),
  )
  assert.match(String(events[0]?.["error"]), /the disk is full/)
  assert.match(String(events[1]?.["error"]), /TypeError: a bug/)
  await housekeeping.stop()
})

test("startHousekeeping() starts no round while one is under way", async (t) => {
  const { task, ends } = createHeld("slow")
  const { housekeeping, pass } = start(t, [task])
  await pass(60)
  await pass(60)
  assert.equal(ends.length, 1)
  ends[0]?.()
  await settled()
  await pass(60)
  assert.equal(ends.length, 2)
  ends[1]?.()
  await housekeeping.stop()
})

test("startHousekeeping().stop() waits for the running task, and starts no other", async (t) => {
  const { task, ends } = createHeld("slow")
  const later: string[] = []
  const { housekeeping } = start(t, [task, ["later", async () => later.push("later")]])
  let isStopped = false
  const stopping = housekeeping.stop().then(() => {
    isStopped = true
  })
  await settled()
  assert.equal(isStopped, false)
  ends[0]?.()
  await stopping
  assert.deepEqual(later, [])
})

test("startHousekeeping() with nothing to do can be stopped", async (t) => {
  const { housekeeping, pass } = start(t, [])
  await pass(60)
  await housekeeping.stop()
})
