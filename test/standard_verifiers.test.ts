// Libraries that know nothing of Postern find its keys by the issuer alone, take a good token and
// refuse a bad one. Against a running service whose port the system chose.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { auth } from "express-oauth2-jwt-bearer"
import { createRemoteJWKSet, jwtVerify } from "jose"
import * as oauth from "oauth4webapi"
import * as client from "openid-client"
import { postLogin } from "./support/http_client.ts"
import { startPostern } from "./support/postern_process.ts"
import { temporaryDirectory } from "./support/temporary_directory.ts"

/** What becomes of an Express request, or the error that is passed on. */
interface AskedRequest {
  readonly auth?: { readonly payload: { readonly sub: string } }
  readonly code?: string
}

/** A service, a token of alice's, and the same with another signature. */
async function startIssuer(t: TestContext) {
  const { port, url } = await startPostern(t, {
    POSTERN_DATA_DIR: temporaryDirectory(t),
    POSTERN_SEED_USERS: "alice:wonderland",
  })
  const { body } = await postLogin(url, "alice", "wonderland")
  const token = String(body["access_token"])
  const forged = `${token.slice(0, -8)}${token.endsWith("AAAAAAAA") ? "B" : "A"}AAAAAAA`
  return { issuer: `http://localhost:${port}`, token, forged }
}

test("oauth4webapi finds the keys by the issuer, and verifies by RFC 9068", async (t) => {
  const { issuer, token, forged } = await startIssuer(t)
  const address = new URL(issuer)
  const insecure = { [oauth.allowInsecureRequests]: true }
  const found = await oauth.discoveryRequest(address, { algorithm: "oauth2", ...insecure })
  const server = await oauth.processDiscoveryResponse(address, found)
  const ask = (sent: string) => {
    const headers = { Authorization: `Bearer ${sent}` }
    const request = new Request("http://localhost/guarded", { headers })
    return oauth.validateJwtAccessToken(server, request, issuer, insecure)
  }
  assert.equal((await ask(token)).sub, "alice")
  await assert.rejects(ask(forged), { name: "OperationProcessingError" })
})

test("openid-client finds the keys by the issuer", async (t) => {
  const { issuer, token, forged } = await startIssuer(t)
  const execute = [client.allowInsecureRequests]
  const options = { algorithm: "oauth2" as const, execute }
  const none = client.None()
  const found = await client.discovery(new URL(issuer), "any", undefined, none, options)
  const { jwks_uri: keysAddress = "" } = found.serverMetadata()
  const keys = createRemoteJWKSet(new URL(keysAddress))
  const verify = (sent: string) => jwtVerify(sent, keys, { issuer, audience: issuer })
  assert.equal((await verify(token)).payload.sub, "alice")
  await assert.rejects(verify(forged), { code: "ERR_JWS_SIGNATURE_VERIFICATION_FAILED" })
})

test("express-oauth2-jwt-bearer finds the keys by the issuer", async (t) => {
  const { issuer, token, forged } = await startIssuer(t)
  const guard = auth({ issuerBaseURL: issuer, audience: issuer, tokenSigningAlg: "ES256" })
  const ask = (sent: string) =>
    new Promise<AskedRequest>((resolve) => {
      const headers = { authorization: `Bearer ${sent}` }
      const get = (name: string) => (name === "Host" ? "localhost" : undefined)
      const request = { method: "GET", protocol: "http", url: "/", headers, get, is: () => false }
      guard(request, {}, (error?: AskedRequest) => resolve(error ?? (request as AskedRequest)))
    })
  assert.equal((await ask(token)).auth?.payload.sub, "alice")
  assert.equal((await ask(forged)).code, "invalid_token")
})
