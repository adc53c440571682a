// The example of a verifier beside a service without sockets: `fetch` asks that, and time moves by
// hand, here and there.

import assert from "node:assert/strict"
import type { TestContext } from "node:test"
import { createVerifier } from "../../examples/verify_in_node.ts"
import { startOfTests } from "./fake_clock.ts"
import { createTestService } from "./test_service.ts"

/** Where the list of what ended is. */
export const listPath = "/revocations"
const keysPath = "/.well-known/jwks.json"
/** Where the verifier reaches the service, which is not what tokens say. */
export const inside = "http://postern:8080"

/** A service, and a verifier that asks it. */
export async function createVerified(t: TestContext) {
  const service = await createTestService(t, { generated: true })
  const issuer = String(service.tokens.issuer)
  const elsewhere = {
    millis: 0,
    secondsSlow: 0,
    answer: null as (() => Response | Promise<Response>) | null,
    keysAnswer: null as (() => Response) | null,
  }
  t.mock.timers.enable({ apis: ["Date"], now: startOfTests * 1000 })
  t.mock.method(performance, "now", () => elsewhere.millis)
  const fetched: string[] = []
  t.mock.method(globalThis, "fetch", async (url: URL | string) => {
    const path = String(url).slice(inside.length)
    assert.equal(String(url), `${inside}${path}`)
    fetched.push(path)
    if (elsewhere.keysAnswer !== null && path === keysPath) return elsewhere.keysAnswer()
    if (elsewhere.answer !== null && path === listPath) return elsewhere.answer()
    const { status, body } = await service.call("GET", path)
    return new Response(body, { status })
  })
  return {
    service,
    elsewhere,
    verify: createVerifier(issuer, { address: inside }),
    /** How often the list was fetched. */
    lists: () => fetched.filter((path) => path === listPath).length,
    pass(seconds: number) {
      service.clock.advance(seconds)
      elsewhere.millis += seconds * 1000
      t.mock.timers.setTime((service.clock.now() - elsewhere.secondsSlow) * 1000)
    },
  }
}

/** What `fetch` does when nobody listens. */
export function failToConnect(): never {
  throw new TypeError("connect ECONNREFUSED")
}
