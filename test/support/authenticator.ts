// A software authenticator, with the browser in front of it: makes passkeys and logs in with them
// as the options of a page ask, or misbehaves as a test asks. No browser and no library has a part.

import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto"
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server"
import type { LoginOptions, RegistrationOptions } from "../../src/factor/passkey_options.ts"
import { type CborMap, cborOf } from "./cbor.ts"

/** What passkeys sign with. */
export type PasskeyAlgorithm = "ES256" | "RS256" | "EdDSA"

/** Where and how an authenticator works. */
export interface AuthenticatorOptions {
  /** The origin of the page, with a port that is not standard. */
  readonly origin: string
  readonly rpId: string
  /** ES256 by default. */
  readonly algorithm?: PasskeyAlgorithm
  /** Whether its passkeys are synced between devices: those have no counter. */
  readonly isSynced?: boolean
}

/** What is to be wrong with a credential; everything else is as it should be. */
export interface Misbehaviour {
  readonly origin?: string
  readonly rpId?: string
  readonly type?: string
  readonly challenge?: string
  readonly crossOrigin?: unknown
  readonly topOrigin?: string
  /** Changes the text of the client data before it is signed. */
  readonly clientData?: (text: string) => string
  /** The flag UP. */
  readonly isPresent?: boolean
  /** The flag UV. */
  readonly isVerified?: boolean
  /** The flags BE and BS. */
  readonly isSynced?: boolean
  /** The flag BS alone. */
  readonly isBackedUp?: boolean
  readonly counter?: number
  /** CBOR after the authenticator data, with the flag ED. */
  readonly extensions?: Uint8Array
}

/** What is to be wrong with a registration. */
export interface WrongRegistration extends Misbehaviour {
  /** The COSE key in the place of the real one. */
  readonly publicKey?: CborMap
  /** The id in the authenticator data in the place of the real one. */
  readonly credentialId?: Uint8Array
  /** The attestation; "self" is one that the new key signs. */
  readonly attestation?: "self" | { readonly format: string; readonly statement: CborMap }
  /** The algorithm that an attestation of its own names. */
  readonly attestedAlgorithm?: number
  readonly transports?: readonly string[]
}

/** What is to be wrong with a login. */
export interface WrongLogin extends Misbehaviour {
  readonly hasBadSignature?: boolean
  /** The user handle in the place of the one that was kept; null for none. */
  readonly userHandle?: string | null
}

/** An authenticator. */
export interface Authenticator {
  /**
   * `navigator.credentials.create` and `toJSON`.
   * @throws Error InvalidStateError when it has one of the excluded passkeys
   */
  create(options: RegistrationOptions, wrong?: WrongRegistration): RegistrationResponseJSON
  /**
   * `navigator.credentials.get` and `toJSON`, with the newest passkey that is allowed.
   * @throws Error NotAllowedError when it has none
   */
  get(options: LoginOptions, wrong?: WrongLogin): AuthenticationResponseJSON
  /** A copy with the same keys and counters, as a thief of the device would make it. */
  clone(): Authenticator
}

interface KeptPasskey {
  readonly id: string
  readonly handle: string
  readonly privateKey: KeyObject
  readonly counter: number
}

const coseAlgorithms = { EdDSA: -8, ES256: -7, RS256: -257 }
const flagBits = {
  isPresent: 1,
  isVerified: 4,
  isEligible: 8,
  isBackedUp: 16,
  isNew: 64,
  more: 128,
}

/** Makes an authenticator without passkeys. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  return createFrom(options, [])
}

function createFrom(options: AuthenticatorOptions, known: readonly KeptPasskey[]): Authenticator {
  const { rpId, algorithm = "ES256", isSynced = false } = options
  const passkeys = new Map(known.map((passkey) => [passkey.id, passkey]))
  return {
    create({ rp, user, challenge, pubKeyCredParams, excludeCredentials }, wrong = {}) {
      const isAskedFor = pubKeyCredParams.some(({ alg }) => alg === coseAlgorithms[algorithm])
      if (rp.id !== rpId || !isAskedFor) throw new Error("NotSupportedError")
      if (excludeCredentials.some(({ id }) => passkeys.has(id))) {
        throw new Error("InvalidStateError")
      }
      const id = randomBytes(32).toString("base64url")
      const { publicKey, privateKey } = generateKey(algorithm)
      passkeys.set(id, { id, handle: user.id, privateKey, counter: 0 })
      const clientData = clientDataOf("webauthn.create", { challenge, ...options, ...wrong })
      const data = Buffer.concat([
        authenticatorDataOf({ rpId, isSynced, counter: 0, ...wrong }, flagBits.isNew),
        newKeyData(wrong.credentialId ?? Buffer.from(id, "base64url"), {
          key: wrong.publicKey ?? coseKeyOf(publicKey, algorithm),
        }),
        wrong.extensions ?? Buffer.of(),
      ])
      const signed = { algorithm, data, clientData, privateKey }
      const attestationObject = attestationOf(wrong, signed)
      const response = {
        clientDataJSON: clientData.toString("base64url"),
        attestationObject: attestationObject.toString("base64url"),
        transports: [...(wrong.transports ?? ["internal"])],
      }
      return { id, rawId: id, type: "public-key", response, clientExtensionResults: {} }
    },
    get({ rpId: asked, challenge, allowCredentials }, wrong = {}) {
      const allowed = allowCredentials.map(({ id }) => id)
      const passkey = [...passkeys.values()].findLast(
        ({ id }) => allowed.length === 0 || allowed.includes(id),
      )
      if (asked !== rpId || passkey === undefined) throw new Error("NotAllowedError")
      const { id, handle, privateKey } = passkey
      const counter = isSynced ? 0 : passkey.counter + 1
      passkeys.set(id, { ...passkey, counter })
      const clientData = clientDataOf("webauthn.get", { challenge, ...options, ...wrong })
      const data = Buffer.concat([
        authenticatorDataOf({ rpId, isSynced, counter, ...wrong }, 0),
        wrong.extensions ?? Buffer.of(),
      ])
      const signature = signatureOf({ algorithm, data, clientData, privateKey })
      // In the middle, where it is neither a length nor a leading zero.
      if (wrong.hasBadSignature) signature[40] = (signature[40] ?? 0) ^ 1
      const { userHandle = handle } = wrong
      const response = {
        clientDataJSON: clientData.toString("base64url"),
        authenticatorData: data.toString("base64url"),
        signature: signature.toString("base64url"),
        ...(userHandle === null ? {} : { userHandle }),
      }
      return { id, rawId: id, type: "public-key", response, clientExtensionResults: {} }
    },
    clone: () => createFrom(options, [...passkeys.values()]),
  }
}

function generateKey(algorithm: PasskeyAlgorithm) {
  if (algorithm === "EdDSA") return generateKeyPairSync("ed25519")
  if (algorithm === "ES256") return generateKeyPairSync("ec", { namedCurve: "P-256" })
  return generateKeyPairSync("rsa", { modulusLength: 2048 })
}

/** A public key in COSE's form. */
export function coseKeyOf(key: KeyObject, algorithm: PasskeyAlgorithm): CborMap {
  const { x = "", y = "", n = "", e = "" } = key.export({ format: "jwk" })
  const [alg, bytes] = [coseAlgorithms[algorithm], (text: string) => Buffer.from(text, "base64url")]
  const members: Readonly<Record<PasskeyAlgorithm, [number, number | Buffer][]>> = {
    EdDSA: [
      [1, 1],
      [3, alg],
      [-1, 6],
      [-2, bytes(x)],
    ],
    ES256: [
      [1, 2],
      [3, alg],
      [-1, 1],
      [-2, bytes(x)],
      [-3, bytes(y)],
    ],
    RS256: [
      [1, 3],
      [3, alg],
      [-1, bytes(n)],
      [-2, bytes(e)],
    ],
  }
  return new Map(members[algorithm])
}

interface ClientDataParts extends Misbehaviour {
  readonly challenge: string
  readonly origin: string
}

function clientDataOf(usualType: string, parts: ClientDataParts): Buffer {
  const { type = usualType, challenge, origin, crossOrigin = false, topOrigin } = parts
  const text = JSON.stringify({ type, challenge, origin, crossOrigin, topOrigin })
  return Buffer.from(parts.clientData?.(text) ?? text)
}

interface AuthenticatorDataParts extends Misbehaviour {
  readonly rpId: string
  readonly isSynced: boolean
  readonly counter: number
}

function authenticatorDataOf(parts: AuthenticatorDataParts, moreFlags: number): Buffer {
  const { rpId, isSynced, counter, isPresent = true, isVerified = true, extensions } = parts
  const { isBackedUp = isSynced } = parts
  const states = { isPresent, isVerified, isEligible: isSynced, isBackedUp, more: !!extensions }
  const flags = Object.entries(states).reduce(
    (bits, [name, isSet]) => (isSet ? bits | flagBits[name as keyof typeof states] : bits),
    moreFlags,
  )
  const rest = Buffer.alloc(5)
  rest.writeUInt8(flags)
  rest.writeUInt32BE(counter, 1)
  return Buffer.concat([sha256(Buffer.from(rpId)), rest])
}

function newKeyData(id: Uint8Array, { key }: { readonly key: CborMap }): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(id.byteLength)
  const nameless = Buffer.alloc(16)
  return Buffer.concat([nameless, length, id, cborOf(key)])
}

interface Signed {
  readonly algorithm: PasskeyAlgorithm
  readonly data: Uint8Array
  readonly clientData: Uint8Array
  readonly privateKey: KeyObject
}

function attestationOf({ attestation, attestedAlgorithm }: WrongRegistration, signed: Signed) {
  const alg = attestedAlgorithm ?? coseAlgorithms[signed.algorithm]
  const self = new Map<string, number | Buffer>([
    ["alg", alg],
    ["sig", signatureOf(signed)],
  ])
  const { format, statement } =
    attestation === "self"
      ? { format: "packed", statement: self }
      : (attestation ?? { format: "none", statement: new Map() })
  return cborOf(
    new Map<string, string | Uint8Array | CborMap>([
      ["fmt", format],
      ["attStmt", statement],
      ["authData", signed.data],
    ]),
  )
}

function signatureOf({ algorithm, data, clientData, privateKey }: Signed): Buffer {
  const digest = algorithm === "EdDSA" ? null : "sha256"
  return sign(digest, Buffer.concat([data, sha256(clientData)]), privateKey)
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest()
}
