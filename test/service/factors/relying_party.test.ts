// Where passkeys are possible.

import assert from "node:assert/strict"
import { test } from "node:test"
import {
  findRelyingParty,
  requireRelyingParty,
  usableMethods,
} from "../../../src/service/factors/relying_party.ts"
import { sampleFactors, samplePasskey } from "../../store/sample_factors.ts"
import { refusedAs } from "../../support/refusal.ts"

const here = { rpId: "login.example.org", origin: "https://login.example.org:8443" }

test("findRelyingParty() goes by the public address, where it is known and has a name", () => {
  assert.deepEqual(findRelyingParty(here.origin), here)
  const local = { rpId: "localhost", origin: "http://localhost:8080" }
  assert.deepEqual(findRelyingParty(local.origin), local)
  for (const address of [undefined, "", "https://192.0.2.7", "http://login.example.org"]) {
    assert.equal(findRelyingParty(address), null, address)
  }
})

test("requireRelyingParty() says why there are no passkeys", () => {
  assert.equal(requireRelyingParty({ relyingParty: here }), here)
  const message = "There are no passkeys here: the service has no https address with a host name"
  assert.throws(() => requireRelyingParty({ relyingParty: null }), refusedAs("not_found", message))
})

test("usableMethods() leaves passkeys of another address out", () => {
  const factors = sampleFactors({ passkeys: [samplePasskey("k1")] })
  assert.deepEqual(usableMethods(factors, { relyingParty: here }), ["otp", "recovery", "passkey"])
  assert.deepEqual(usableMethods(factors, { relyingParty: null }), ["otp", "recovery"])
  assert.deepEqual(usableMethods(null, { relyingParty: here }), [])
})
