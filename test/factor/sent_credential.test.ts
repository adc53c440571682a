// What is read of a credential, from any JSON value.

import assert from "node:assert/strict"
import { test } from "node:test"
import {
  isOfCeremony,
  readChallenge,
  readCredentialId,
  readLogin,
  readRegistration,
  readUserHandle,
} from "../../src/factor/sent_credential.ts"

const origin = "https://login.example.org"
const ceremony = { challenge: "Y2hhbGxlbmdl", origin, rpId: "login.example.org" }
const said = { type: "webauthn.get", challenge: "Y2hhbGxlbmdl", origin, crossOrigin: false }
const clientDataJSON = encoded(JSON.stringify(said))
const registration = { clientDataJSON, attestationObject: "oA" }
const login = {
  clientDataJSON,
  authenticatorData: "AAAA",
  signature: "MAA",
  userHandle: "aGFuZGxl",
}

function encoded(text: string): string {
  return Buffer.from(text).toString("base64url")
}

function credential(response: unknown, changes: object = {}): unknown {
  return { id: "a2V5", rawId: "a2V5", type: "public-key", response, ...changes }
}

test("readRegistration() reads a new passkey, and the transports that are known", () => {
  const read = { id: "a2V5", ...registration }
  assert.deepEqual(readRegistration(credential(registration)), { ...read, transports: [] })
  const transports = ["usb", "internal", "usb", "pigeon", 7, null, "__proto__"]
  assert.deepEqual(readRegistration(credential({ ...registration, transports })), {
    ...read,
    transports: ["internal", "usb"],
  })
})

test("readLogin() reads a login, with a user handle or without one", () => {
  const { userHandle: _, ...withoutHandle } = login
  const read = { id: "a2V5", ...withoutHandle }
  assert.deepEqual(readLogin(credential(login)), read)
  for (const userHandle of [undefined, null, ""]) {
    assert.deepEqual(readLogin(credential({ ...login, userHandle })), read)
  }
})

const notCredentials: readonly unknown[] = [
  ...[undefined, null, true, 0, "", "{}", [], {}, [[]], { id: "a2V5" }, { response: login }],
  ...[null, 7, "", [], [login]].map((response) => credential(response)),
  ...[{ id: "" }, { id: null }, { id: 7 }, { id: ["a2V5"] }].map((id) => credential(login, id)),
  ...[undefined, "b3RoZXI", "a2V5="].map((rawId) => credential(login, { rawId })),
  ...[undefined, "password", ["public-key"]].map((type) => credential(login, { type })),
]

for (const value of notCredentials) {
  test(`readLogin() and readRegistration() refuse ${JSON.stringify(value)}`, () => {
    assert.equal(readLogin(value), null)
    assert.equal(readRegistration(value), null)
  })
}

/** The members of base64url, with the most characters of each. */
const members: readonly (readonly [name: string, charactersMax: number])[] = [
  ["clientDataJSON", 4096],
  ["attestationObject", 4096],
  ["authenticatorData", 1024],
  ["signature", 1024],
  ["userHandle", 86],
]
const respelled = ["A", "AB", "AA==", "A+/A", "AAAA\n", " AAAA", "AAAA\0", "ÄÄÄÄ", "AAAA."]

for (const [name, charactersMax] of members) {
  test(`readLogin() and readRegistration() read ${name} in one spelling, up to its length`, () => {
    const both = { ...registration, ...login }
    const read = name === "attestationObject" ? readRegistration : readLogin
    const reads = (value: unknown) => read(credential({ ...both, [name]: value })) !== null
    for (const wrong of [...respelled, 7, {}, ["AAAA"], false]) {
      assert.equal(reads(wrong), false, `${wrong}`)
    }
    assert.equal(reads("A".repeat(charactersMax)), true)
    assert.equal(reads("A".repeat(charactersMax + 2)), false)
    if (name !== "userHandle") for (const absent of [undefined, null, ""]) assert.ok(!reads(absent))
  })
}

test("readCredentialId(), readUserHandle(), readChallenge() read what a login says", () => {
  const sent = credential(login)
  assert.equal(readCredentialId(sent), "a2V5")
  assert.equal(readUserHandle(sent), "aGFuZGxl")
  assert.equal(readChallenge(sent), "Y2hhbGxlbmdl")
})

test("readCredentialId() reads an id of 1023 bytes, and no longer one", () => {
  const longest = Buffer.alloc(1023).toString("base64url")
  assert.equal(readCredentialId({ id: longest }), longest)
  assert.equal(readCredentialId({ id: `${longest}AA` }), null)
})

test("readUserHandle() reads a handle of 64 bytes, and no longer one", () => {
  const longest = Buffer.alloc(64).toString("base64url")
  assert.equal(readUserHandle({ response: { userHandle: longest } }), longest)
  const longer = Buffer.alloc(65).toString("base64url")
  assert.equal(readUserHandle({ response: { userHandle: longer } }), null)
})

test("readCredentialId(), readUserHandle(), readChallenge() find nothing in other values", () => {
  for (const value of [undefined, null, 7, "", [], {}, { id: 7 }, { response: 7 }]) {
    assert.equal(readCredentialId(value), null)
    assert.equal(readUserHandle(value), null)
    assert.equal(readChallenge(value), null)
  }
})

const notClientData = [
  ...["", "null", "[]", "{", '{"challenge":7}', '{"type":"webauthn.get"}', "\ufeff{}"],
  '{"challenge":"YQ","challenge":"YQ"}',
  "[".repeat(3000),
]

for (const text of notClientData) {
  test(`readChallenge() finds nothing in ${text.slice(0, 40)}`, () => {
    assert.equal(readChallenge(credential({ clientDataJSON: encoded(text) })), null)
  })
}

test("readChallenge() finds nothing in what is not UTF-8", () => {
  const bytes = Buffer.from('{"challenge":"\xff"}', "latin1").toString("base64url")
  assert.equal(readChallenge(credential({ clientDataJSON: bytes })), null)
})

const ofCeremony: readonly (readonly [what: string, changes: object, isOf: boolean])[] = [
  ["of the ceremony", {}, true],
  ["that does not say whether its frame is another site's", { crossOrigin: undefined }, true],
  ["with members to come", { extraData: "more" }, true],
  ["of the other type", { type: "webauthn.create" }, false],
  ["of payments", { type: "payment.get" }, false],
  ["with another challenge", { challenge: "b3RoZXI" }, false],
  ["with the challenge in another spelling", { challenge: "Y2hhbGxlbmdl=" }, false],
  ["on http", { origin: "http://login.example.org" }, false],
  ["on another port", { origin: "https://login.example.org:8443" }, false],
  ["on a name below", { origin: "https://evil.login.example.org" }, false],
  ["on a longer name", { origin: "https://login.example.org.evil.example" }, false],
  ["with several origins", { origin: [origin] }, false],
  ["in a frame of another site", { crossOrigin: true }, false],
  ["in a frame, as a text", { crossOrigin: "false" }, false],
  ["in a frame, as null", { crossOrigin: null }, false],
  ["that names a page around it", { topOrigin: origin }, false],
]

for (const [what, changes, isOf] of ofCeremony) {
  test(`isOfCeremony() ${isOf ? "takes" : "refuses"} client data ${what}`, () => {
    const sent = { id: "a2V5", clientDataJSON: encoded(JSON.stringify({ ...said, ...changes })) }
    assert.equal(isOfCeremony(sent, "webauthn.get", ceremony), isOf)
  })
}
