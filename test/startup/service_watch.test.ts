// What the watch of the running service hears in the server's log.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Config } from "../../src/config/load.ts"
import { createServiceWatch } from "../../src/startup/service_watch.ts"
import { createCollectedLog } from "../support/collected_log.ts"
import { createFakeClock } from "../support/fake_clock.ts"

test("createServiceWatch() notes proxies in a private network that the log warns of", () => {
  const { listenTo, proxies } = createServiceWatch({ port: 1 } as Config, createFakeClock())
  const { log, takeNames } = createCollectedLog()
  const heard = listenTo(log)
  const warn = (event: string, client: string) => heard.warn(event, { client, message: event })
  warn("proxy.untrusted", "172.18.0.2")
  warn("proxy.other_header", "127.0.0.1")
  warn("protocol.unexpected", "fd00::1")
  // Strangers send such headers, too.
  warn("proxy.untrusted", "192.0.2.7")
  warn("connections.full", "10.0.0.1")
  heard.warn("settings.notice")
  assert.deepEqual(proxies(), [
    { address: "172.18.0.2", message: "proxy.untrusted" },
    { address: "127.0.0.1", message: "proxy.other_header" },
    { address: "fd00::1", message: "protocol.unexpected" },
  ])
  assert.equal(takeNames().length, 6)
})
