import assert from "node:assert/strict"
import { test } from "node:test"
import { type FactorMethod, type Factors, isEnrolled, methodsOf } from "../../src/domain/factors.ts"
import { pendingTotp, sampleFactors, samplePasskey } from "../store/sample_factors.ts"

const passkeys = [samplePasskey("p1"), samplePasskey("p2")]

const rows: readonly (readonly [
  name: string,
  factors: Factors | null,
  methods: readonly FactorMethod[],
])[] = [
  ["no factors", null, []],
  [
    "a secret that waits for its first code",
    sampleFactors({ totp: null, pendingTotp, recoveryCodes: [] }),
    [],
  ],
  ["recovery codes alone", sampleFactors({ totp: null }), []],
  ["an app and codes", sampleFactors(), ["otp", "recovery"]],
  ["an app whose codes are used", sampleFactors({ recoveryCodes: [] }), ["otp"]],
  ["passkeys and codes", sampleFactors({ totp: null, passkeys }), ["recovery", "passkey"]],
  ["passkeys alone", sampleFactors({ totp: null, recoveryCodes: [], passkeys }), ["passkey"]],
  ["all of them", sampleFactors({ passkeys, pendingTotp }), ["otp", "recovery", "passkey"]],
]

for (const [name, factors, methods] of rows) {
  test(`methodsOf() a user who has ${name}: ${methods.join(", ") || "none"}`, () => {
    assert.deepEqual(methodsOf(factors), methods)
    assert.equal(isEnrolled(factors), methods.length > 0)
  })
}
