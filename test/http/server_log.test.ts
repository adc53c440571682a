import assert from "node:assert/strict"
import { test } from "node:test"
import { createServerLog } from "../../src/http/server_log.ts"
import { createCollectedLog } from "../support/collected_log.ts"

test("createServerLog() warns of a proxy that nobody named, once, whichever it is", () => {
  const collected = createCollectedLog()
  const { forwarded } = createServerLog(collected.log)
  for (const address of ["172.17.0.1", "172.17.0.1", "192.0.2.66"]) {
    forwarded({ address, isTrusted: false })
  }
  assert.equal(collected.events.length, 1)
  const [{ level, event, client, message } = {}] = collected.events
  assert.deepEqual([level, event, client], ["warn", "proxy.untrusted", "172.17.0.1"])
  assert.match(String(message), /set POSTERN_TRUSTED_PROXIES to it: until then/)
})

test("createServerLog() tells which request was refused, whose, and how", () => {
  const collected = createCollectedLog()
  const { refused, failed } = createServerLog(collected.log)
  const request = { id: "r-1", clientAddress: "192.0.2.7" }
  refused(request, { status: 431, headers: {}, body: "secret" })
  failed("EMFILE")
  failed("ERR_INVALID_CHAR", "r-2")
  assert.deepEqual(
    collected.events.map(({ time: _, ...event }) => event),
    [
      {
        level: "info",
        event: "request.refused",
        request: "r-1",
        client: "192.0.2.7",
        status: 431,
      },
      { level: "error", event: "server.failed", reason: "EMFILE" },
      { level: "error", event: "server.failed", request: "r-2", reason: "ERR_INVALID_CHAR" },
    ],
  )
})
