// Reads a private key that the operator brings (JWT_PRIVATE_KEY): PEM or JWK (RFC 7517), checked
// before it signs anything. Node and `jose` themselves would take an RSA key with the exponent 1,
// a key meant for encryption, and a private key beside the public part of another.

import {
  createPrivateKey,
  createPublicKey,
  type JsonWebKeyInput,
  type KeyObject,
  sign,
  verify,
} from "node:crypto"
import { type JsonObject, readJsonObject } from "../../domain/strict_json.ts"
import { type PublishedAlgorithm, publishedAlgorithms } from "./algorithms.ts"

/** A checked private key, or in words why it can't be used. Never quotes the key. */
type PrivateKeyReading = { readonly key: KeyObject } | { readonly mistake: string }

/** A private key and the public one that came with it, of whatever kind. */
interface Halves {
  readonly key: KeyObject
  readonly publicKey: KeyObject
}

type Mistake = { readonly mistake: string }

/** What PEM that operators have at hand may be instead of one private key, and what to say. */
const pemMistakes: readonly (readonly [pattern: RegExp, mistake: string])[] = [
  [/-----BEGIN [A-Z ]+-----(?![^\S\n]*\n)/, "its line ends are missing, or written as '\\n'"],
  [/-----BEGIN OPENSSH PRIVATE KEY-----/, "it is in the format of OpenSSH, which is not PKCS#8"],
  [/-----BEGIN ENCRYPTED|^Proc-Type: 4,ENCRYPTED/m, "it is encrypted: take its passphrase away"],
  [/^(?![\s\S]* PRIVATE KEY-----)[\s\S]*-----BEGIN /, "it is PEM without a private key"],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*-----BEGIN [A-Z ]*PRIVATE KEY-----/, "it is two keys"],
]

/** The same for JWKs, in the order in which they are looked for. */
const jwkMistakes: readonly (readonly [is: (jwk: JsonObject) => boolean, mistake: string])[] = [
  [({ keys }) => keys !== undefined, "it is a JWK Set: take one key out of it"],
  [({ kty }) => kty === "oct", "it is a JWK of a shared secret, not of a private key"],
  [({ d }) => d === undefined, "it is a JWK without a private member 'd'"],
  [({ use }) => use !== undefined && use !== "sig", "its 'use' is not 'sig'"],
  [
    ({ key_ops }) => !areForSigning(key_ops),
    "its 'key_ops' are not 'sign', alone or with 'verify'",
  ],
  [({ oth }) => oth !== undefined, "an RSA key needs two primes, this one has more"],
]

/** Reads PEM (PKCS#8, SEC1, PKCS#1; not encrypted) or a JWK of the kind that `algorithm` needs. */
export function readPrivateKey(text: string, algorithm: PublishedAlgorithm): PrivateKeyReading {
  const trimmed = text.trim()
  const halves = trimmed.startsWith("{") ? readJwk(trimmed, algorithm) : readPem(trimmed)
  if ("mistake" in halves) return halves
  const mistake = publishedAlgorithms[algorithm](halves.key)
  if (mistake !== null) return { mistake }
  return isPair(halves) ? { key: halves.key } : { mistake: "its parts do not make one key" }
}

function readPem(text: string): Halves | Mistake {
  const known = pemMistakes.find(([pattern]) => pattern.test(text))
  if (known !== undefined) return { mistake: known[1] }
  try {
    const key = createPrivateKey(text)
    return { key, publicKey: createPublicKey(key) }
  } catch {
    return { mistake: "it is neither an unencrypted PEM private key nor a private JWK" }
  }
}

function readJwk(text: string, algorithm: PublishedAlgorithm): Halves | Mistake {
  const jwk = parse(text)
  if (jwk === null) return { mistake: "it begins as a JWK, but is not JSON with each member once" }
  const known = jwkMistakes.find(([is]) => is(jwk))
  if (known !== undefined) return { mistake: known[1] }
  if (!isFor(algorithm, jwk["alg"])) return { mistake: `its 'alg' is not '${algorithm}'` }
  const input = { key: jwk as JsonWebKeyInput["key"], format: "jwk" } as const
  try {
    // Not from the private key: Node 20 would compute Ed25519's public part and not read it.
    return { key: createPrivateKey(input), publicKey: createPublicKey(input) }
  } catch {
    return { mistake: "its parts do not make one key" }
  }
}

function parse(text: string): JsonObject | null {
  try {
    return readJsonObject(Buffer.from(text)).value
  } catch {
    return null
  }
}

// A JWK that names its algorithm may be used with no other (RFC 7517 §4.4). WebCrypto calls EdDSA
// with this curve by its newer name, Ed25519 (RFC 9864 §2.2).
function isFor(algorithm: PublishedAlgorithm, alg: unknown): boolean {
  return alg === undefined || alg === algorithm || (algorithm === "EdDSA" && alg === "Ed25519")
}

// RFC 7517 §4.3: no operation twice, and no unrelated ones together. As text, so that
// `["sign,verify"]` is none of them.
function areForSigning(operations: unknown): boolean {
  const known = ['["sign"]', '["sign","verify"]', '["verify","sign"]']
  return operations === undefined || known.includes(JSON.stringify(operations))
}

// Node takes halves of two keys for one; nobody could verify what that signs. A key that signs must
// do so as a JWK, too, which is the form that signs tokens: OpenSSL makes do with a wrong prime in
// one form and not in the other. Only the key of a pair is exported: Node 20 aborts over others.
function isPair({ key, publicKey }: Halves): boolean {
  const hash = key.asymmetricKeyType === "ed25519" ? null : "sha256"
  const probe = Buffer.from("probe")
  const signs = (one: KeyObject) => verify(hash, probe, publicKey, sign(hash, probe, one))
  try {
    if (!signs(key)) return false
    return signs(createPrivateKey({ key: key.export({ format: "jwk" }), format: "jwk" }))
  } catch {
    return false
  }
}
