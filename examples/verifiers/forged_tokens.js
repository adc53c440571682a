// Bad tokens, made with the key that signs a service's good ones: so a library can refuse them
// only for what is wrong with them.

import {
  createHmac,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  sign,
} from "node:crypto"

/** Changes a token of a login; gives tokens, each with whether a library has to take it. */
export function forgeTokens(token, key) {
  const segments = token.split(".")
  const [header, claims] = segments.slice(0, 2).map(decode)
  const now = Math.floor(Date.now() / 1000)
  const signed = createSigner(key)
  const make = (claimChanges, headerChanges = {}, signature = signed) => {
    const parts = [
      { ...header, ...headerChanges },
      { ...claims, ...claimChanges },
    ]
    const input = parts.map(encode).join(".")
    return `${input}.${signature(input).toString("base64url")}`
  }
  const spoiled = (input) => {
    const signature = signed(input)
    signature[10] ^= 1
    return signature
  }
  const all = () => true
  const none = () => false
  const anyKey = [
    { name: "dated 5 s ahead", good: all, token: make({ iat: now + 5, exp: now + 905 }) },
    { name: "expired", good: none, token: make({ iat: now - 960, exp: now - 60 }) },
    { name: "another signature", good: none, token: make({}, {}, spoiled) },
    { name: "another key", good: none, token: make({}, {}, createSigner(otherKey(key))) },
    { name: "no algorithm", good: none, token: make({}, { alg: "none" }, () => Buffer.alloc(0)) },
    {
      name: "another user, the same signature",
      good: none,
      token: [segments[0], encode({ ...claims, sub: "bob" }), segments[2]].join("."),
    },
  ]
  if (key.type === "secret") {
    return [...anyKey, { name: "a refresh token", good: none, token: make({ type: "refresh" }) }]
  }
  const publicKey = createPublicKey(key).export({ type: "spki", format: "pem" })
  const byPublicKey = createSigner(createSecretKey(publicKey, "utf8"))
  return [
    ...anyKey,
    { name: "another issuer", good: none, token: make({ iss: "http://localhost:1" }) },
    { name: "another audience", good: none, token: make({ aud: "http://localhost:1" }) },
    { name: "another typ", good: ({ typ }) => !typ, token: make({}, { typ: "JWT" }) },
    { name: "the public key as HS256", good: none, token: make({}, { alg: "HS256" }, byPublicKey) },
  ]
}

function createSigner(key) {
  if (key.type === "secret") return (input) => createHmac("sha256", key).update(input).digest()
  const hash = key.asymmetricKeyType === "ec" ? "sha256" : null
  return (input) => sign(hash, Buffer.from(input), { key, dsaEncoding: "ieee-p1363" })
}

function otherKey({ type, asymmetricKeyType }) {
  if (type === "secret") return createSecretKey(Buffer.alloc(48, "another secret"))
  return generateKeyPairSync(asymmetricKeyType, { namedCurve: "P-256" }).privateKey
}

function encode(object) {
  return Buffer.from(JSON.stringify(object)).toString("base64url")
}

function decode(segment) {
  return JSON.parse(Buffer.from(segment, "base64url").toString())
}
