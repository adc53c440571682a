// A program that makes a passkey and logs in with it, by whatever has become of Postern's sources
// where it runs: files, a bundle that a clone keeps, the bundles of the image. Prints what it got.

import { createLoginOptions, createRegistrationOptions } from "../../src/factor/passkey_options.ts"
import { verifyLogin, verifyRegistration } from "../../src/factor/webauthn.ts"
import { createAuthenticator, type PasskeyAlgorithm } from "./authenticator.ts"

const origin = "https://login.example.org"
const rpId = "login.example.org"

async function roundOf(algorithm: PasskeyAlgorithm): Promise<unknown> {
  const authenticator = createAuthenticator({ origin, rpId, algorithm })
  const challenge = Buffer.from(`challenge of ${algorithm}`).toString("base64url")
  const ceremony = { challenge, origin, rpId }
  const user = { rpName: "Postern", handle: "aGFuZGxl", username: "alice", existing: [] }
  const credential = authenticator.create(createRegistrationOptions({ ...ceremony, ...user }))
  const passkey = await verifyRegistration({ credential, ...ceremony })
  if (passkey === null) return null
  const login = authenticator.get(createLoginOptions({ ...ceremony, allow: [passkey] }))
  return verifyLogin({ credential: login, passkey, ...ceremony })
}

async function main(): Promise<void> {
  const results = { EdDSA: await roundOf("EdDSA"), ES256: await roundOf("ES256") }
  process.stdout.write(`${JSON.stringify({ ...results, RS256: await roundOf("RS256") })}\n`)
}

void main()
