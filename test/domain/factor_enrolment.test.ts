// How second factors are set up and removed.

import assert from "node:assert/strict"
import { test } from "node:test"
import { changeFactors, type FactorChange, passkeysMax } from "../../src/domain/factor_change.ts"
import {
  handle,
  pendingTotp,
  recoveryCodes,
  sampleFactors,
  samplePasskey,
} from "../store/sample_factors.ts"
import { start } from "../store/sample_session.ts"
import {
  app,
  both,
  type FactorRow,
  keys,
  p1,
  p2,
  testFactorRows,
  ticket,
  used,
  waiting,
} from "./factor_rows.ts"

const at = start
const codes = recoveryCodes()

const confirm = (members: Partial<Confirm> = {}): FactorChange => ({
  ...{ confirmTotp: { id: pendingTotp.id, step: 2000 }, recoveryCodes: codes, ticket: null, at },
  ...members,
})
type Confirm = Extract<FactorChange, { readonly confirmTotp: unknown }>
const add = (members: Partial<Add> = {}): FactorChange => ({
  ...{ addPasskey: samplePasskey("p3"), handle, recoveryCodes: null, ticket: null, at },
  ...members,
})
type Add = Extract<FactorChange, { readonly addPasskey: unknown }>
const confirmed = {
  ...{ id: pendingTotp.id, sealedSecret: pendingTotp.sealedSecret },
  ...{ createdAt: at, lastUsedAt: at, lastStep: 2000 },
}

const enrolments: readonly FactorRow[] = [
  [
    "a secret is offered to a new user",
    null,
    { offerTotp: pendingTotp, handle },
    {
      ...{ handle, totp: null, pendingTotp, recoveryCodes: [], passkeys: [] },
      ...{ failures: 0, tickets: [], trusted: [] },
    },
  ],
  [
    "a secret takes the place of the one before, and the handle stays",
    both,
    {
      offerTotp: { ...pendingTotp, id: "newer" },
      handle: "other",
    },
    { ...both, pendingTotp: { ...pendingTotp, id: "newer" } },
  ],
  [
    "a first code puts the secret in force, with recovery codes",
    waiting,
    confirm(),
    {
      ...waiting,
      ...{ totp: confirmed, pendingTotp: null, recoveryCodes: codes },
    },
  ],
  [
    "a first code uses its ticket up",
    waiting,
    confirm({ ticket }),
    {
      ...waiting,
      ...{ totp: confirmed, pendingTotp: null, recoveryCodes: codes },
      tickets: [{ ...used, tries: 0 }],
    },
  ],
  [
    "another app takes the place of the first, and the codes stay",
    both,
    confirm({ recoveryCodes: null }),
    {
      ...both,
      ...{ totp: confirmed, pendingTotp: null },
    },
  ],
  [
    "a first code in the last second",
    waiting,
    confirm({ at: start + 899 }),
    {
      ...waiting,
      ...{
        totp: { ...confirmed, createdAt: start + 899, lastUsedAt: start + 899 },
        pendingTotp: null,
      },
      recoveryCodes: codes,
    },
  ],
  ["a first code too late", waiting, confirm({ at: start + 900 }), "no_factor"],
  [
    "a first code of another secret",
    waiting,
    confirm({ confirmTotp: { id: "old", step: 1 } }),
    "no_factor",
  ],
  ["a first code when none waits", app, confirm({ recoveryCodes: null }), "no_factor"],
  ["a first code without factors", null, confirm(), "no_factor"],
  ["a first code with a used ticket", { ...waiting, tickets: [used] }, confirm({ ticket }), "used"],
  ["recovery codes for who has some", both, confirm(), "changed"],
  ["no recovery codes for who has none", waiting, confirm({ recoveryCodes: null }), "changed"],
  [
    "a passkey is the first factor",
    null,
    add({ recoveryCodes: codes }),
    {
      ...{ handle, totp: null, pendingTotp: null, recoveryCodes: codes },
      ...{ passkeys: [samplePasskey("p3")], failures: 0, tickets: [], trusted: [] },
    },
  ],
  [
    "a passkey is one more",
    both,
    add({ ticket }),
    {
      ...both,
      ...{ passkeys: [p1, p2, samplePasskey("p3")], tickets: [used] },
    },
  ],
  [
    "a passkey that is there",
    both,
    add({ addPasskey: samplePasskey("p3", { credentialId: p1.credentialId }) }),
    "used",
  ],
  ["a passkey under another handle", both, add({ handle: "other" }), "changed"],
  ["a passkey with a used ticket", { ...both, tickets: [used] }, add({ ticket }), "used"],
  ["a passkey with codes for who has some", both, add({ recoveryCodes: codes }), "changed"],
  ["a passkey without codes, the factors gone meanwhile", null, add(), "changed"],
  [
    "new recovery codes replace the old",
    both,
    { recoveryCodes: recoveryCodes("S") },
    {
      ...both,
      recoveryCodes: recoveryCodes("S"),
    },
  ],
  ["recovery codes before the first factor", waiting, { recoveryCodes: codes }, "no_factor"],
  ["recovery codes without factors", null, { recoveryCodes: codes }, "no_factor"],
]

const removals: readonly FactorRow[] = [
  [
    "the app goes, and what waits stays",
    both,
    { remove: "app", keepsOne: true },
    { ...both, totp: null },
  ],
  ["a passkey goes", both, { remove: "p1", keepsOne: true }, { ...both, passkeys: [p2] }],
  ["everything goes with the last factor", app, { remove: "app", keepsOne: false }, null],
  [
    "everything goes with the last passkey",
    { ...keys, passkeys: [p2], pendingTotp },
    { remove: "p2", keepsOne: false },
    null,
  ],
  ["the last factor of who must have one", app, { remove: "app", keepsOne: true }, "last"],
  ["a factor that is not there", both, { remove: "p3", keepsOne: false }, "no_factor"],
  [
    "a secret that waits is no factor",
    both,
    { remove: pendingTotp.id, keepsOne: false },
    "no_factor",
  ],
  ["a factor of who has none", null, { remove: "app", keepsOne: false }, "no_factor"],
  ["all go", both, { removeAll: "all" }, null],
  ["all go of who has none", null, { removeAll: "all" }, null],
  ["a secret that waits goes with all", waiting, { removeAll: "all" }, null],
  [
    "apps go, the one that waits too",
    both,
    { removeAll: "otp" },
    { ...both, totp: null, pendingTotp: null },
  ],
  ["passkeys go", both, { removeAll: "passkey" }, { ...both, passkeys: [] }],
  ["recovery codes go", both, { removeAll: "recovery" }, { ...both, recoveryCodes: [] }],
  ["apps go, and nothing is left", app, { removeAll: "otp" }, null],
  ["passkeys go, and nothing is left", keys, { removeAll: "passkey" }, null],
  [
    "failures are forgotten, tries are not",
    both,
    { forgetFailures: true },
    { ...both, failures: 0 },
  ],
  ["failures of who has no factors", null, { forgetFailures: true }, "no_factor"],
]

testFactorRows([...enrolments, ...removals])

test("changeFactors() leaves room for so many passkeys", () => {
  const passkeys = Array.from({ length: passkeysMax }, (_, at) => samplePasskey(`k${at}`))
  const full = sampleFactors({ passkeys })
  assert.equal(changeFactors(full, add()), "too_many")
  const less = sampleFactors({ passkeys: passkeys.slice(1) })
  assert.deepEqual(changeFactors(less, add()), {
    ...less,
    passkeys: [...passkeys.slice(1), samplePasskey("p3")],
  })
})
