import assert from "node:assert/strict"
import { test } from "node:test"
import {
  type DueStep,
  dueStepOf,
  type FactorRequirement,
  isRequiredOf,
  mustEnrol,
} from "../../src/domain/factor_requirement.ts"
import type { Factors } from "../../src/domain/factors.ts"
import { pendingTotp, sampleFactors, samplePasskey } from "../store/sample_factors.ts"

const nobody: FactorRequirement = { kind: "none" }
const everybody: FactorRequirement = { kind: "all" }
const admins: FactorRequirement = { kind: "role", role: "admin" }
const app = sampleFactors()
const passkey = sampleFactors({ totp: null, passkeys: [samplePasskey("p1")], recoveryCodes: [] })
const waiting = sampleFactors({ totp: null, pendingTotp, recoveryCodes: [] })

const rows: readonly (readonly [
  name: string,
  requirement: FactorRequirement,
  user: { readonly roles: readonly string[]; readonly factors: Factors | null },
  isRequired: boolean,
  due: DueStep | null,
])[] = [
  ["nobody, of a user without", nobody, { roles: ["admin"], factors: null }, false, null],
  ["nobody, of one who has an app", nobody, { roles: [], factors: app }, false, "factor"],
  ["nobody, of one who has a passkey", nobody, { roles: [], factors: passkey }, false, "factor"],
  ["nobody, of one whose secret waits", nobody, { roles: [], factors: waiting }, false, null],
  ["everybody, of a user without", everybody, { roles: [], factors: null }, true, "enrolment"],
  [
    "everybody, of one whose secret waits",
    everybody,
    { roles: [], factors: waiting },
    true,
    "enrolment",
  ],
  ["everybody, of one who has an app", everybody, { roles: [], factors: app }, true, "factor"],
  ["a role, of one who has it", admins, { roles: ["admin"], factors: null }, true, "enrolment"],
  [
    "a role, of one with a factor, too",
    admins,
    { roles: ["a", "admin"], factors: app },
    true,
    "factor",
  ],
  [
    "a role, of one who has another",
    admins,
    { roles: ["Admin", "admins"], factors: null },
    false,
    null,
  ],
  ["a role, of another with a factor", admins, { roles: [], factors: passkey }, false, "factor"],
]

for (const [name, requirement, user, isRequired, due] of rows) {
  test(`dueStepOf() where a factor is required of ${name}: ${due}`, () => {
    assert.equal(dueStepOf(user, requirement), due)
    assert.equal(isRequiredOf(user, requirement), isRequired)
    assert.equal(mustEnrol(user, requirement), due === "enrolment")
  })
}
