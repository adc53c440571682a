// oauth4webapi: finds the keys by the issuer alone, and judges by RFC 9068.

import * as oauth from "oauth4webapi"
import { algorithm, issuer, judge } from "./judge.js"

// For an issuer of http only, as on this machine.
const insecure = { [oauth.allowInsecureRequests]: true }
const url = new URL(issuer)
const response = await oauth.discoveryRequest(url, { algorithm: "oauth2", ...insecure })
const server = await oauth.processDiscoveryResponse(url, response)

await judge((token) => {
  const headers = { Authorization: `Bearer ${token}` }
  const request = new Request("http://localhost/claims", { headers })
  const options = { signingAlgorithms: [algorithm], ...insecure }
  return oauth.validateJwtAccessToken(server, request, issuer, options)
})
