// The relying party of an address.

import assert from "node:assert/strict"
import { test } from "node:test"
import { type NoRelyingParty, relyingPartyOf } from "../../src/factor/relying_party.ts"

const possible: readonly (readonly [address: string, rpId: string, origin: string])[] = [
  ["https://login.example.org", "login.example.org", "https://login.example.org"],
  ["https://login.example.org/auth", "login.example.org", "https://login.example.org"],
  ["https://login.example.org:8443", "login.example.org", "https://login.example.org:8443"],
  ["https://login.example.org:443", "login.example.org", "https://login.example.org"],
  ["https://LOGIN.Example.org", "login.example.org", "https://login.example.org"],
  ["https://bücher.example", "xn--bcher-kva.example", "https://xn--bcher-kva.example"],
  ["https://nas", "nas", "https://nas"],
  ["http://localhost:8080", "localhost", "http://localhost:8080"],
  ["http://login.localhost:8080", "login.localhost", "http://login.localhost:8080"],
]

for (const [address, rpId, origin] of possible) {
  test(`relyingPartyOf() gives name and origin of ${address}`, () => {
    assert.deepEqual(relyingPartyOf(address), { rpId, origin })
  })
}

const impossible: readonly (readonly [address: string, why: NoRelyingParty["impossible"]])[] = [
  ["", "not_an_address"],
  ["login.example.org", "not_an_address"],
  ["https://", "not_an_address"],
  ["ftp://login.example.org", "not_an_address"],
  ["file:///login", "not_an_address"],
  ["https://192.0.2.7", "ip_address"],
  ["https://0x7f.1", "ip_address"],
  ["https://[2001:db8::7]:8443", "ip_address"],
  ["http://127.0.0.1:8080", "ip_address"],
  ["http://[::1]:8080", "ip_address"],
  ["http://nas.local", "not_https"],
  ["http://login.example.org", "not_https"],
  ["http://localhost.example.org", "not_https"],
  ["http://notlocalhost", "not_https"],
]

for (const [address, why] of impossible) {
  test(`relyingPartyOf() says why '${address}' has no passkeys`, () => {
    assert.deepEqual(relyingPartyOf(address), { impossible: why })
  })
}
