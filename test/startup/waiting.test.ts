// The wait at the start for a database that can't be reached yet.

import assert from "node:assert/strict"
import { test } from "node:test"
import { OperatorError, Unavailable } from "../../src/errors.ts"
import type { HttpRequest, Reply } from "../../src/http/message.ts"
import { type Waiting, waitFor } from "../../src/startup/waiting.ts"
import { createCollectedLog } from "../support/collected_log.ts"

const gone = new Unavailable("The database does not answer")
const never = new Promise<void>(() => {})

/** Waits with a server that needs no socket. */
function wait(options: Pick<Waiting<string>, "attempt"> & { readonly stopped?: Promise<void> }) {
  const { log } = createCollectedLog()
  const events: string[] = []
  const answers: ((request: HttpRequest) => Promise<Reply>)[] = []
  const found = waitFor(gone, {
    stopped: never,
    ...options,
    log,
    async listen(handle) {
      answers.push(handle)
      events.push("listens")
      return { port: 4711, drain: async () => void events.push("drained") }
    },
  })
  return { found, log, events, answers }
}

test("waitFor() tries again until it works, and listens meanwhile", async () => {
  let attempts = 0
  const { found, events } = wait({
    async attempt() {
      attempts += 1
      if (attempts < 2) throw gone
      return "opened"
    },
  })
  assert.deepEqual(await found, { value: "opened", port: 4711 })
  assert.deepEqual([attempts, events], [2, ["listens", "drained"]])
})

test("waitFor() ends at a mistake of the operator", async () => {
  const mistake = new OperatorError("Wrong", { hint: "Right", exitCode: 78 })
  const { found, events } = wait({ attempt: () => Promise.reject(mistake) })
  await assert.rejects(found, mistake)
  assert.deepEqual(events, ["listens", "drained"])
})

test("waitFor() ends when the service is stopped", async () => {
  const attempt = () => assert.fail("It was tried")
  const { found, events } = wait({ attempt, stopped: Promise.resolve() })
  assert.equal(await found, null)
  assert.deepEqual(events, ["listens", "drained"])
})

test("while it waits the service is live, and refuses everything else", async () => {
  const { found, answers } = wait({ attempt: async () => "opened" })
  await new Promise(setImmediate)
  const [answer] = answers
  const statuses: Record<string, number> = {}
  for (const path of ["/livez", "/healthz", "/readyz", "/me", "/login"]) {
    const { status, headers } =
      (await answer?.({ method: "GET", path } as HttpRequest)) ?? assert.fail()
    statuses[path] = status
    assert.equal(headers["Retry-After"], status === 503 ? "1" : undefined)
  }
  assert.deepEqual(statuses, {
    "/livez": 200,
    "/healthz": 200,
    "/readyz": 503,
    "/me": 503,
    "/login": 503,
  })
  await found
})
