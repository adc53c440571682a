// The tokens that Postern gives with a shared secret, byte by byte: what the library writes, in its
// order, so that whatever reads its tokens reads these.

import assert from "node:assert/strict"
import { createHmac } from "node:crypto"
import { test } from "node:test"
import { startOfTests as now } from "../support/fake_clock.ts"
import { segments } from "../support/forge.ts"
import { testSecret } from "../support/test_keys.ts"
import { createTestService, type TestServiceOptions } from "../support/test_service.ts"
import { libraryTokens } from "./library_tokens.ts"

/** The claims of the library that Postern writes, too, in both their order. */
const common = ["fresh", "iat", "jti", "type", "sub", "csrf", "exp"]

const random = "[\\w-]{22}"
const session = `"sid":"[\\w-]{22}","auth_time":${now},"acr":"aal1","amr":\\["pwd"\\]`

test("POST /login gives the library's header, byte by byte", async (t) => {
  const { logIn } = await createTestService(t, { shared: true })
  const [header] = segments(await logIn("alice", "wonderland"))
  assert.equal(header, segments(libraryTokens.access)[0])
  assert.equal(Buffer.from(header, "base64url").toString(), '{"alg":"HS256","typ":"JWT"}')
})

test("POST /login gives the library's claims less nbf, in its order", async (t) => {
  const { logIn } = await createTestService(t, { shared: true })
  const ours = Object.keys(JSON.parse(payloadOf(await logIn("alice", "wonderland"))))
  const theirs = Object.keys(JSON.parse(payloadOf(libraryTokens.access)))
  assert.deepEqual(ours, [...common, "sid", "auth_time", "acr", "amr"])
  assert.deepEqual(
    theirs.filter((name) => name !== "nbf"),
    common,
  )
})

test("POST /login signs as the library does", async (t) => {
  const { logIn } = await createTestService(t, { shared: true })
  for (const token of [await logIn("alice", "wonderland"), libraryTokens.access]) {
    const [header, payload, signature] = segments(token)
    const expected = createHmac("sha256", testSecret).update(`${header}.${payload}`)
    assert.equal(signature, expected.digest("base64url"))
  }
})

const named = { issuer: "shop", acceptedIssuers: ["shop"] }

const payloads: readonly (readonly [
  name: string,
  tokens: NonNullable<TestServiceOptions["tokens"]>,
  rest: string,
])[] = [
  ["neither iss nor aud", {}, ""],
  ["iss", named, '"iss":"shop",'],
  ["aud", { audience: "api", acceptedAudiences: ["api"] }, '"aud":"api",'],
  [
    "iss and a list as aud",
    { ...named, audience: ["api", "web"], acceptedAudiences: ["web"] },
    '"iss":"shop","aud":\\["api","web"\\],',
  ],
]

for (const [name, tokens, rest] of payloads) {
  test(`POST /login and /refresh give claims with ${name}, byte by byte`, async (t) => {
    const { call, clock, start } = await createTestService(t, { shared: true, tokens })
    const first = await start("alice", "wonderland")
    const subject = `"jti":"${random}","type":"access","sub":"alice","csrf":"${random}"`
    const fresh = `^{"fresh":true,"iat":${now},${subject},"exp":${now + 900},${rest}${session}}$`
    assert.match(payloadOf(first.access_token), new RegExp(fresh))
    clock.advance(60)
    const { body } = await call("POST", "/refresh", { token: first.refresh_token })
    const { access_token: token } = JSON.parse(body)
    const times = `"iat":${now + 60},${subject},"exp":${now + 960}`
    assert.match(payloadOf(token), new RegExp(`^{"fresh":false,${times},${rest}${session}}$`))
    assert.equal((await call("GET", "/protected", { token })).status, 200)
  })
}

test("POST /login gives roles and the operator's claims at the end", async (t) => {
  const { accounts, logIn } = await createTestService(t, { shared: true })
  await accounts.addRole("alice", "admin")
  await accounts.setClaim("alice", "tenant", "acme")
  const payload = payloadOf(await logIn("alice", "wonderland"))
  assert.match(
    payload,
    /"auth_time":\d+,"acr":"aal1","amr":\["pwd"\],"roles":\["admin"\],"tenant":"acme"}$/,
  )
})

function payloadOf(token: string): string {
  return Buffer.from(segments(token)[1], "base64url").toString()
}
