import assert from "node:assert/strict"
import { test } from "node:test"
import { createServerLog } from "../../../src/http/node/server_log.ts"
import { createCollectedLog } from "../../support/collected_log.ts"

test("createServerLog() warns of proxies that are not listed, once", () => {
  const collected = createCollectedLog()
  const { forwarded } = createServerLog(collected.log)
  for (const address of ["172.17.0.1", "172.17.0.1", "192.0.2.66"]) {
    const peer = { address, isTrusted: false }
    forwarded({ peer, header: "X-Forwarded-For" }, "X-Forwarded-For")
  }
  assert.equal(collected.events.length, 1)
  const [{ level, event, client, header, message } = {}] = collected.events
  assert.deepEqual([level, event, client], ["warn", "proxy.untrusted", "172.17.0.1"])
  assert.equal(header, "X-Forwarded-For")
  assert.match(String(message), /^This address sends X-Forwarded-For, which is ignored/)
  assert.match(String(message), /set POSTERN_TRUSTED_PROXIES to it: until then/)
})

test("createServerLog() says which header to name, once for each kind of proxy", () => {
  const collected = createCollectedLog()
  const { forwarded } = createServerLog(collected.log)
  for (const isTrusted of [false, true, false, true]) {
    const peer = { address: "172.17.0.1", isTrusted }
    forwarded({ peer, header: "X-Forwarded-For" }, "Forwarded")
  }
  const [untrusted, other] = collected.events
  assert.equal(collected.events.length, 2)
  assert.match(
    String(untrusted?.["message"]),
    /sends Forwarded, .* set POSTERN_TRUSTED_PROXIES to it, and POSTERN_FORWARDED_HEADER to Forwarded:/,
  )
  assert.deepEqual(
    [other?.["level"], other?.["event"], other?.["client"], other?.["header"]],
    ["warn", "proxy.other_header", "172.17.0.1", "Forwarded"],
  )
  assert.equal(
    other?.["message"],
    "This proxy sends Forwarded and no X-Forwarded-For. If it writes Forwarded, set POSTERN_FORWARDED_HEADER to that: until then all its clients count as one",
  )
})

test("createServerLog() logs the refused request, its client and the answer", () => {
  const collected = createCollectedLog()
  const { refused, failed } = createServerLog(collected.log)
  const request = { id: "r-1", clientAddress: "192.0.2.7" }
  const reply = { status: 431, headers: {}, body: "secret" }
  refused(request, { reason: "too_many_headers", reply })
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
        reason: "too_many_headers",
      },
      { level: "error", event: "server.failed", reason: "EMFILE" },
      { level: "error", event: "server.failed", request: "r-2", reason: "ERR_INVALID_CHAR" },
    ],
  )
})

test("createServerLog() warns once per foreign protocol, with a hint", () => {
  const collected = createCollectedLog()
  const { refused } = createServerLog(collected.log)
  const reply = { status: 400, headers: {}, body: "" }
  const reasons = ["proxy_protocol", "proxy_protocol", "http2", "tls", "tls", "method"] as const
  for (const [at, reason] of reasons.entries()) {
    refused({ id: `r-${at}`, clientAddress: `192.0.2.${at}` }, { reason, reply })
  }
  const warnings = collected.events.filter(({ level }) => level === "warn")
  assert.deepEqual(
    warnings.map(({ event, client, protocol }) => [event, client, protocol]),
    [
      ["protocol.unexpected", "192.0.2.0", "proxy_protocol"],
      ["protocol.unexpected", "192.0.2.2", "http2"],
      ["protocol.unexpected", "192.0.2.3", "tls"],
    ],
  )
  const expected = [/proxy_protocol off/, /upstream to HTTP\/1\.1/, /upstream to http:/]
  for (const [at, { message }] of warnings.entries()) {
    assert.match(String(message), expected[at] ?? /$^/)
  }
  assert.equal(collected.takeNames().filter((name) => name === "request.refused").length, 6)
})
