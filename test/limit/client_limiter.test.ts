import assert from "node:assert/strict"
import { test } from "node:test"
import { createClientLimiter } from "../../src/limit/client_limiter.ts"
import { createFakeClock } from "../support/fake_clock.ts"

/** A limiter of three at once, and one in ten seconds; and its clock. */
function createLimited() {
  const { now: seconds, advance } = createFakeClock()
  const rate = { capacity: 3, secondsPerToken: 10 }
  return { limiter: createClientLimiter(rate, { entriesMax: 100, seconds }), advance }
}

function takeUntilDelayed(
  { limiter }: ReturnType<typeof createLimited>,
  address: (index: number) => string,
): number {
  for (let count = 0; ; count += 1) if (limiter.take(address(count)) > 0) return count
}

const clients: readonly (readonly [
  what: string,
  address: (index: number) => string,
  most: number,
])[] = [
  ["an IPv4 address", () => "192.0.2.7", 3],
  ["an IPv4 address as IPv6", () => "::ffff:192.0.2.7", 3],
  ["an IPv6 /64", (index) => `2001:db8:1:2::${index.toString(16)}`, 3],
  ["an IPv6 /48", (index) => `2001:db8:1:${index.toString(16)}::1`, 30],
]

for (const [what, address, most] of clients) {
  test(`take() allows ${what} ${most} at once, and others as well`, () => {
    const limited = createLimited()
    assert.equal(takeUntilDelayed(limited, address), most)
    for (const other of ["192.0.2.8", "2001:db8:2::1"]) assert.equal(limited.limiter.take(other), 0)
  })
}

test("take() of a /48 is refilled ten times as fast as of a /64", () => {
  const limited = createLimited()
  const { limiter, advance } = limited
  const of = (index: number) => `2001:db8:1:${index.toString(16)}::1`
  takeUntilDelayed(limited, of)
  assert.equal(limiter.wait(of(200)), 1)
  advance(5)
  assert.equal(
    takeUntilDelayed(limited, (index) => of(300 + index)),
    5,
  )
})

test("take() that a /48 has no room for takes nothing of the /64", () => {
  const limited = createLimited()
  const { limiter, advance } = limited
  takeUntilDelayed(limited, (index) => `2001:db8:1:${index.toString(16)}::1`)
  for (let tries = 0; tries < 10; tries += 1) assert.equal(limiter.take("2001:db8:1:ffff::1"), 1)
  advance(10)
  assert.equal(
    takeUntilDelayed(limited, () => "2001:db8:1:ffff::1"),
    3,
  )
})

test("giveBack() gives back to the /64 and to the /48", () => {
  const limited = createLimited()
  const { limiter } = limited
  for (let index = 0; index < 500; index += 1) {
    const address = `2001:db8:1:${(index % 5).toString(16)}::1`
    assert.equal(limiter.take(address), 0)
    limiter.giveBack(address)
  }
  assert.equal(
    takeUntilDelayed(limited, () => "2001:db8:1:1::1"),
    3,
  )
})
