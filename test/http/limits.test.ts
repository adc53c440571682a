// The numbers of H-01, H-04 and H-05. That the server keeps them is shown with
// shorter ones in test/e2e/raw_http_slow.test.ts.

import assert from "node:assert/strict"
import { test } from "node:test"
import { httpLimits, limitsFor } from "../../src/http/limits.ts"

test("httpLimits are the ones that the security bar asks for", () => {
  assert.deepEqual(httpLimits, {
    bodyBytesMax: 16_384,
    headBytesMax: 16_384,
    headersMillisMax: 10_000,
    requestMillisMax: 10_000,
    keepAliveMillis: 5_000,
    unreadMillisMax: 12_000,
    lingerMillisMax: 1_000,
    checkIntervalMillis: 1_000,
    requestsPerSocketMax: 10_000,
    exchangesMax: 6_144,
    connectionsMax: 8_192,
  })
  assert.ok(Object.isFrozen(httpLimits))
})

test("httpLimits end who never reads within 25 seconds", () => {
  const { checkIntervalMillis, unreadMillisMax } = httpLimits
  assert.ok(2 * unreadMillisMax + checkIntervalMillis <= 25_000)
})

for (const [mebibytes, connectionsMax, exchangesMax] of [
  [64, 256, 256],
  [96, 256, 256],
  [160, 819, 819],
  [512, 5324, 5324],
  [16_384, 8192, 6144],
] as const) {
  test(`limitsFor() ${mebibytes} MiB takes no more connections and requests than they hold`, () => {
    const limits = limitsFor(mebibytes * 1024 * 1024)
    assert.deepEqual(limits, { ...httpLimits, connectionsMax, exchangesMax })
    assert.ok(Object.isFrozen(limits))
  })
}
