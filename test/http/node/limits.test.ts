// The numbers of H-01, H-04 and H-05. That the server keeps them is shown with
// shorter ones in test/e2e/raw_http_slow.test.ts.

import assert from "node:assert/strict"
import { test } from "node:test"
import { httpLimits, limitsFor } from "../../../src/http/node/limits.ts"

test("httpLimits are the ones that the security bar asks for", () => {
  assert.deepEqual(httpLimits, {
    bodyBytesMax: 16_384,
    bodyChunksMax: 256,
    floodMillis: 1_000,
    headBytesMax: 16_384,
    forwardedHeadBytesMax: null,
    headersMillisMax: 10_000,
    requestMillisMax: 10_000,
    keepAliveMillis: 5_000,
    proxyKeepAliveMillis: 75_000,
    unreadMillisMax: 12_000,
    lingerMillisMax: 1_000,
    checkIntervalMillis: 1_000,
    requestsPerSocketMax: 10_000,
    heldBytesMax: 67_108_864,
    connectionsMax: 8_192,
    connectionsBound: "service",
  })
  assert.ok(Object.isFrozen(httpLimits))
})

test("httpLimits end a client that never reads within 25 seconds", () => {
  const { checkIntervalMillis, unreadMillisMax } = httpLimits
  assert.ok(2 * unreadMillisMax + checkIntervalMillis <= 25_000)
})

const mebibyte = 1024 * 1024
const keepAlive = { clientSeconds: 5, proxySeconds: 75, takesForwardedHeads: false }
const many = Number.POSITIVE_INFINITY

for (const [mebibytes, descriptors, connectionsMax, connectionsBound, heldMebibytes] of [
  [64, many, 256, "memory", 8],
  [96, many, 256, "memory", 8],
  [160, many, 819, "memory", 32],
  [512, many, 5324, "memory", 64],
  [16_384, many, 8192, "service", 64],
  [16_384, 1_048_576, 8192, "service", 64],
  [16_384, 8320, 8192, "service", 64],
  [16_384, 8319, 8191, "open_files", 64],
  [16_384, 1024, 896, "open_files", 64],
  [160, 1024, 819, "memory", 32],
  [160, 256, 128, "open_files", 32],
  [160, 65, 32, "open_files", 32],
] as const) {
  test(`limitsFor() ${mebibytes} MiB and ${descriptors} open files takes no more than they hold`, () => {
    const limits = limitsFor({ memoryBytes: mebibytes * mebibyte, descriptors }, keepAlive)
    const heldBytesMax = heldMebibytes * mebibyte
    assert.deepEqual(limits, { ...httpLimits, heldBytesMax, connectionsMax, connectionsBound })
    assert.ok(Object.isFrozen(limits))
  })
}

test("limitsFor() takes longer heads from proxies, on fewer connections", () => {
  const process = { memoryBytes: 512 * mebibyte, descriptors: many }
  const limits = limitsFor(process, { ...keepAlive, takesForwardedHeads: true })
  const { forwardedHeadBytesMax, headBytesMax, connectionsMax } = limits
  assert.deepEqual([forwardedHeadBytesMax, headBytesMax, connectionsMax], [40_960, 16_384, 2662])
})

test("limitsFor() keeps connections for the given times", () => {
  const process = { memoryBytes: 16_384 * mebibyte, descriptors: many }
  const limits = limitsFor(process, { ...keepAlive, clientSeconds: 30, proxySeconds: 130 })
  assert.deepEqual([limits.keepAliveMillis, limits.proxyKeepAliveMillis], [30_000, 130_000])
})
