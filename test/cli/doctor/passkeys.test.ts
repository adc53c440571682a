// Which public addresses passkeys can be bound to.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { WatchStarted } from "../../../src/admin/request_watch.ts"
import { checkPasskeys } from "../../../src/cli/doctor/checks/passkeys.ts"
import type { Evidence } from "../../../src/cli/doctor/evidence.ts"
import type { PublicAddress } from "../../../src/cli/doctor/public_address.ts"

const asked = "https://login.example.org"
const unknown = "Passkeys are off, because the service does not know its public address"
const ofAddress = "Browsers make no passkeys for an IP address"

function judge(publicAddress: string | null, isSeen = true) {
  const address = { text: asked } as PublicAddress
  const facts = isSeen ? ({ publicAddress } as WatchStarted) : null
  return checkPasskeys({ address, facts } as Evidence)
}

const rows: readonly (readonly [publicAddress: string | null, outcome: string, text: string])[] = [
  ["https://id.example.org:8443", "ok", "Passkeys are bound to id.example.org"],
  ["http://localhost:8080", "ok", "Passkeys are bound to localhost"],
  ["https://192.0.2.7", "warning", ofAddress],
  ["http://[::1]:8080", "warning", ofAddress],
  ["http://postern.home.arpa", "warning", "Browsers make no passkeys without https"],
  [null, "warning", unknown],
]

for (const [publicAddress, outcome, text] of rows) {
  test(`checkPasskeys() says ${outcome} of the service at ${publicAddress}`, () => {
    const result = judge(publicAddress)
    assert.deepEqual([result.outcome, result.text], [outcome, text])
    const isTold = result.effect !== undefined && result.remedy !== undefined
    assert.equal(isTold, outcome === "warning")
  })
}

test("checkPasskeys() goes by the address that is asked, where the service is not seen", () => {
  assert.equal(judge(null, false).text, "Passkeys are bound to login.example.org")
})
