// The longest token that settings, names and rights allow: it has to be one that is accepted, which
// no longer one is. A name, an issuer or an audience that may be longer has to fit in here.

import assert from "node:assert/strict"
import { test } from "node:test"
import { issuer } from "../../src/config/issuer.ts"
import { claimName, claimNames } from "../../src/config/values.ts"
import { changeUser, type User } from "../../src/domain/user.ts"
import { canonicalUsername, usernameLengthMax } from "../../src/domain/username.ts"
import {
  signAccessToken,
  type TokenSettings,
  verifyAccessToken,
} from "../../src/token/access_token.ts"
import type { Grant } from "../../src/token/claims.ts"
import { createImportedKeyRing, createSharedKeyRing } from "../../src/token/keys/key_ring.ts"
import { grantOfTests } from "../support/grant_of_tests.ts"
import { longestRsaKeyPem } from "../vectors/signing_keys.ts"

const tokenLengthMax = 4096
/** JSON writes two characters for each. */
const quotes = '"'.repeat(255)
const username = canonicalUsername("x".repeat(usernameLengthMax)) ?? ""
/** The last second of the year 9999. */
const end = 253_402_300_799

/** A user whose roles and claims leave no room for another byte. */
const fullest = fillRights({
  ...{ username, passwordHash: "", roles: ["a", "b", "c"], claims: {} },
  ...{ disabled: false, createdAt: 0, tokensNotBefore: 0, link: null, factors: null },
})

const grant: Grant = {
  ...grantOfTests,
  ...{ username, roles: fullest.roles, claims: fullest.claims },
  ...{ authTime: end - 900, issuedAt: end - 900, sessionExpiresAt: end, fresh: false },
}

const times = { accessTtlSeconds: 900, leewaySeconds: 0 }

for (const alg of ["PS256", "RS256"] as const) {
  test(`signAccessToken() stays below the longest length with everything at its longest, ${alg}`, async () => {
    const address = issuer(`https://${"a".repeat(247)}`)
    const audience = claimName(quotes)
    const ring = await createImportedKeyRing(longestRsaKeyPem, alg)
    await check({
      ...{ profile: "published", issuer: address, audience, ring, ...times },
      ...{ acceptedIssuers: [address], acceptedAudiences: [audience] },
    })
  })
}

test("signAccessToken() stays below it with a shared secret, too", async () => {
  const name = claimName(quotes)
  // Many short names take more room than one long: each has quotes and a comma of its own.
  const visible = Array.from({ length: 94 }, (_, at) => String.fromCharCode(0x21 + at))
  const singles = visible.filter((one) => one !== "," && one !== "*")
  const pairs = singles.slice(0, 23).map((one) => `"${one}`)
  const audience = claimNames([...singles, ...pairs].join(","))
  const ring = await createSharedKeyRing({ secret: "s".repeat(64) }, "HS512")
  await check({
    ...{ profile: "shared", issuer: name, audience, ring, ...times },
    ...{ acceptedIssuers: [name], acceptedAudiences: audience },
  })
})

async function check(settings: TokenSettings): Promise<void> {
  const { token } = await signAccessToken(grant, settings)
  assert.ok(token.length <= tokenLengthMax, `${token.length}`)
  const claims = await verifyAccessToken(token, settings, end - 900)
  assert.equal(claims.username, username)
}

function fillRights(user: User): User {
  const fill = (length: number) =>
    changeUser(user, { setClaim: { name: "x", value: "y".repeat(length) } })
  let filled = user
  for (let length = 900; ; length += 1) {
    const next = fill(length)
    if (typeof next === "string") return filled
    filled = next
  }
}
