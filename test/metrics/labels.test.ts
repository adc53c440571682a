// What clients send makes no labels: whatever comes, the sets are those of the route table, and the
// text has nothing of a request, a user or an address in it.

import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { type RouteParts, routes } from "../../src/routes.ts"
import { createBrowserRoutes } from "../../src/wings/browser.ts"
import { anyBytes, anyText } from "../fuzz/inputs.ts"
import { holds } from "../fuzz/property.ts"
import { createFakeClock } from "../support/fake_clock.ts"
import { createMetricsService, type Numbers } from "../support/metrics_service.ts"
import { apps } from "../support/protected_apps.ts"

/** Stands in everything that a client chooses. */
const canary = "kingfisher"
const requests = 2_000

const core = routes({
  ...{ sessions: {}, register: () => {}, issuer: "https://login.example.org" },
} as unknown as RouteParts).flat()
const site = { publicAddress: "https://login.example.org", name: "Home", hosts: apps }
const wing = createBrowserRoutes({
  ...site,
  ...{ log: {}, sessions: {}, keys: {}, clock: createFakeClock() },
} as never)
  .groups(core)
  .flat()
const rows = [...core, ...wing]
const paths = [...new Set(rows.map(([, path]) => path))]
const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

const method = fc.oneof(
  fc.constantFrom(...methods, "PROPFIND", "BREW", "get", "CONNECT"),
  fc.stringMatching(/^[A-Z]{1,12}$/),
)
const path = fc.oneof(
  fc.constantFrom(...paths),
  fc.constantFrom(...paths).map((known) => known.replace(/\{\w+\*?\}/, canary)),
  fc.tuple(fc.constantFrom(...paths), anyText).map(([known, text]) => `${known}${text}`),
  anyText.map((text) => `/${canary}/${text}`),
)
const headers = fc.dictionary(
  fc.constantFrom("authorization", "host", "cookie", "user-agent", "origin", "x-forwarded-uri"),
  fc.oneof(
    anyText,
    fc.constant(`Bearer ${canary}`),
    anyText.map((text) => `Bearer ${text}`),
  ),
)
const address = fc.oneof(fc.ipV4(), fc.ipV6())
const sent = fc.record({ method, path, headers, address, body: anyBytes, proxied: fc.boolean() })

test("labels stay those of the route table under any requests", async (t) => {
  const app = { allowedHosts: null }
  const service = await createMetricsService(t, { registration: true, browser: apps, app })
  const token = await service.logIn("alice", "wonderland")
  await holds(
    sent,
    async ({ method, path, headers, address, body, proxied }) => {
      const isOwn = headers["user-agent"] === undefined
      const known = isOwn ? { ...headers, authorization: `Bearer ${token}` } : headers
      await service.call(method, path, { headers: known, address, body, proxied })
    },
    { runs: requests },
  )
  const numbers = await service.read()
  const sets = Object.keys(numbers)
  const answered = sets.filter((key) =>
    key.startsWith("postern_http_request_duration_seconds_count"),
  )
  assert.ok(answered.length > paths.length / 2, `${answered.length} sets of labels were tried`)
  assertKnown(answered)
  assert.ok(answered.length <= mostSets(), `${answered.length}, not ${mostSets()}`)
  // A route has a few statuses, and an own line for each.
  const counted = sets.filter((key) => key.startsWith("postern_http_requests_total"))
  assert.ok(counted.length <= mostSets() * 8, `${counted.length}`)
  const text = sets.join("\n")
  for (const secret of [canary, "alice", "bob", token, token.slice(-20), "127.0.0.1"]) {
    assert.ok(!text.includes(secret), secret)
  }
  assert.ok(total(numbers) >= requests)
})

function assertKnown(sets: readonly string[]): void {
  for (const key of sets) {
    const [, own, route] = /^\w+\{method="([A-Za-z]+)",route="([^"]+)"\}$/.exec(key) ?? []
    assert.ok([...methods, "other"].includes(own ?? ""), key)
    assert.ok(["unknown", ...paths].includes(route ?? ""), key)
  }
}

/** Each row's method and HEAD, all methods where a row takes any, and `other` for each path. */
function mostSets(): number {
  const own = rows.map(([known]) =>
    known === "ANY" ? methods.length : 1 + Number(known === "GET"),
  )
  return own.reduce((sum, count) => sum + count, 0) + paths.length + 1
}

function total(numbers: Numbers): number {
  const counts = Object.entries(numbers).filter(([key]) => key.startsWith("postern_http_requests"))
  return counts.reduce((sum, [, value]) => sum + value, 0)
}
