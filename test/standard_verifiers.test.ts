// A library that knows nothing of Postern finds its keys by the issuer alone, takes a good token
// and refuses a bad one. oauth4webapi is the strictest of those that examples/verifiers runs.

import assert from "node:assert/strict"
import { test } from "node:test"
import * as oauth from "oauth4webapi"
import { postLogin } from "./support/http_client.ts"
import { startPostern } from "./support/postern_process.ts"
import { temporaryDirectory } from "./support/temporary_directory.ts"

test("oauth4webapi finds the keys by the issuer, and verifies by RFC 9068", async (t) => {
  const { port, url } = await startPostern(t, {
    POSTERN_DATA_DIR: temporaryDirectory(t),
    POSTERN_SEED_USERS: "alice:wonderland",
  })
  const issuer = `http://localhost:${port}`
  const token = String((await postLogin(url, "alice", "wonderland")).body["access_token"])
  const forged = `${token.slice(0, -8)}${token.endsWith("AAAAAAAA") ? "B" : "A"}AAAAAAA`
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
