import assert from "node:assert/strict"
import { test } from "node:test"
import {
  anyone,
  guard,
  type Handler,
  type Identity,
  type RouteHandler,
} from "../../src/http/guard.ts"
import { json } from "../../src/http/message.ts"
import type { Route } from "../../src/http/router.ts"

const identity = (): Identity => ({
  ...{ roles: [], fresh: true, secondsSinceLogin: 0 },
  ...{ acr: "aal1", hasFactor: false, mustEnrol: false },
})

// `tsc` is the test here: an expected error that does not come is one.
test("Route takes only handlers that anyone() or guard() made", () => {
  const handler: Handler = () => json(200, {})
  const imitation = { access: "anyone", takesBody: false, handle: handler }
  // @ts-expect-error a bare handler is not protected
  const bare: Route = ["GET", "/x", handler]
  // @ts-expect-error an object that looks like a RouteHandler is none
  const literal: Route = ["GET", "/x", imitation]
  // @ts-expect-error nor is one that has been typed so
  const typed: RouteHandler = imitation
  // @ts-expect-error a guard is not yet a route: it needs its handler
  const unfinished: Route = ["GET", "/x", guard(async () => identity())]
  const anybody = guard(async () => identity(), { optional: true })
  // @ts-expect-error with `optional` the principal may be null, and the handler must know
  anybody((_request, { principal }) => json(200, principal.roles))
  // @ts-expect-error a handler without a body has none to read
  anyone((head) => json(200, { length: head.body.byteLength }))
  // @ts-expect-error a public handler has no principal
  anyone((_request, { principal }) => json(200, { principal }))
  const real: Route = ["GET", "/x", anyone(handler)]
  assert.deepEqual(
    [bare, literal, unfinished, real].map(([method]) => method),
    Array(4).fill("GET"),
  )
  assert.equal(typed, imitation)
})
