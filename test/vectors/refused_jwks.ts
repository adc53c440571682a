// Private JWKs that must not be imported, each a case of Project Wycheproof's tests of JWKs
// (json_web_key_test.json, by its number there), made here of keys of our own.

import type { PublishedAlgorithm } from "../../src/token/keys/algorithms.ts"

/** A key, and what must be said about it. */
export interface RefusedJwk {
  /** The number of the case. */
  readonly tcId: number
  readonly algorithm: PublishedAlgorithm
  readonly jwk: Readonly<Record<string, string>>
  readonly mistake: string
}

const shortRsa = "an RSA key needs at least 3072 bits, this one has 1024"
const exponent = "an RSA key needs the exponent 65537"
const use = "its 'use' is not 'sig'"
const otherAlg = "its 'alg' is not 'ES256'"
const notOneKey = "its parts do not make one key"
const secret = "it is a JWK of a shared secret, not of a private key"
const secretText = "c2VjcmV0IG9mIG5vYm9keSdzLCA0MCBieXRlcyBsb25nIQ"

/** A good P-256 key, of which the cases 19 to 24 change a member each. */
export const goodEcJwk = {
  alg: "ES256",
  use: "sig",
  kty: "EC",
  x: "JciLQvnOjlb6lCTsw5gShounp4YCUwTpWT0weJM9hMI",
  y: "aVU8WTZdDXQM2xmk47SfI3XxvSD53VA3_lQeKL4nPBs",
  crv: "P-256",
  d: "WSDqySIR32lOZLxM81MiSAti6ANxWcpPF9J-kcTbPWM",
}

const rsaForEncryption = {
  alg: "RS256",
  use: "enc",
  kty: "RSA",
  n: "m3b1jiN6JCJF_kHIZYzOjy3J7GsQ5zExtwT9tRMXsZZu5DD9de2V3dsn7Pez51lzXv2kewQ-lbt895ivJvmEyk6qcpnuflnOJY4gxF4dOOKaQylLn7h2vm4oCHva189gwUQ138E_8RdBdYdy9fqsvxB_-DLs1GumPT890DWQ6klP9TeLiTnN1mLx8lv_2ALlW6zm5SFXLTczwUR_ojjAF1Xc5WbveOUMyPCu4924xcssAN3HMoVItDAY7PwqeH1E7-jcitkJh4Sd4odLNPm-WbxIYoJIJC-6Vw6AMTtLAJL6HooCuezz3BZ7wzgYD2SeL7yHt9IvWG8NYJi8EBUk4Q",
  e: "AQAB",
  d: "DfuUmWyycyaMAhLbmdqgx3r4UuXMVubzUEFIKm2lr2jW33pSibVNSe-It0UOLsw6Vrxce14F3QTIeCKI-mnt2h5aMUWMEFw2cOVIKDFI0pF7C3he32ZBc95Hhn_RTqDN1IQ0jkP84svTLOV6XwplWCf9Qo8eAvsNsCuMfTocJx4-BatVf3D2ZJiFD2PPqO_oUK_gNBJgxXWhXvHyhDLcP91AUnRq6oLwcWMHmLnEh28s_MEGCfQNQRaX7D2MfHO6NTAi3dfzc4MTSYZRb02RJBQiL24TIVWDw84rKXqKK8jeaBwIikSNf1CVROJG9yBT3QIqfzgty9Toqb6Dhafymw",
  p: "zfVhR-ASuyvfoBNgomtMlafnp-JosClij0_USNQB2cGfUKrzJQYLY-MTiPPcJk6u1Znt7unfulzhLsCsmoVUG3yGcQyEaMFQCHS6TQxq1Dc7gNw1XwbR7Ds5o6m7qfDvehb07-zp-3P4sRdKDX1lB_fv76B5dNhBAeyL5lhNVGc",
  q: "wTzc4VKTdeFN2a55z2WQn-Rndo9ulrxTrvMxvcJGxplmMY8AL1cgUqchRPUX5-1n7m7XOpbcWyb_p2f8Oz0tsYWF_KkCP-ePCTtD13TuLnHAXyMYI-FAqLkYdk9E7TO6P9GfbNGcdploAq0qZO5nxs1I-nGyG4B5l42JOrq8L3c",
  dp: "vETGfHF0LezZKvcLquzywQsPVAQ_NmleUyriHwDOAERiYdcjFIEGAHUe8l4YrFvYriFbwr2_ahhlL9uo7EdcrxORwd1zXF75zgEGHFBxhzRGDHE_yHHvi0ZIVjdd-Obpwm0h0gB7kwRcHWXwp4wswq_-gMnsvMbCBgQ5joLBjZk",
  dq: "bszBMgmxN-RKSUj722m3NZc3pAm2NYQiz6vul4nwHywSJtSCHKLui7X9I5cNcBT2hQbVLmkWTMXdzVWYkTcRHjsbirY17gKOR5LN4ZrQf50F2wc6bkhYVOZdGml1cjU41CMUMMc32eE4fGBicKEqrBlFgST0JUTTc4zaZOxxvx0",
  qi: "IQcQO6tdCd0dWbALjzFdXC7QvAijDmdEUjLLmHqh2bB9LKWPlm7Otu6CydOFQXUIQxQhkJZ69xvVLJtH1SxXs3wPFKocrCzSD_s-JM28t39ecZcsxqHAQ5vrXLy9u8_RNKrOT9HPJrHSaj_zSXx9njWGrfBf3GZaWBRRbg_MCr4",
}

const rsaOf1024Bits = {
  alg: "RS256",
  use: "sig",
  kty: "RSA",
  n: "sA7xP3Zfv0NdR4pvWGbdzKJtpSb_Qbl13hLvemlXw_lWueoUSjqjL8nmBkBLCJ1wiD_DmLB4dD2TjuUoOmV81988LrhLOTVqGggM1RzHU5OjAknpLDRE_Vk0U8yMtLYaXm6227LArI60c6TNHp8wszJTZygHdKzPZGPvw_4MI_s",
  e: "AQAB",
  d: "g3FUeh4FlAVWQhA_2w9Jrvrhw3ifAFHXhwo6EvlNFjo0nq79oQGwTgB9pNMhcfghSQfaH0g5VgeXAAtkgly83Cw-CnjCJIkxGdC7MbMQF2fWo9yBokCZSHmNiw-SXAns3TX9dmBTqCurm2sGEi1abS0VDN3TiRAB_Xu0IFbO4AE",
  p: "6DbkmN6s7CnN38C6kO6RtjMwdfNkyED8LpVZSZkq8flOsnui1PwiHSD8FTrRgckdV13rumCxU1ok3sY0GuuT-w",
  q: "wheHsIhEFkhADSCIs3GxiTtKjVBmVEULRpTDKS1gILi7tta6UxNpYr6Jd4cOdA9tbKe73KcmnVwK7Htq5uywAQ",
  dp: "SvCcKXGDYNvE4vbxvqAfSiuO8iHQXogKWoY8QHI718dbTGJ2FEIiSEBC2h8XSck7vNxEnOtjjsDCsVpJqn5oTQ",
  dq: "Y7gBH-Ky0JvoRJZNhZxJMY-D2xzOpkce5vFxX4uPkuA2mVazPhGAGJp6OC3scBapCqUW8OP0A-8RMbSrFN_QAQ",
  qi: "d5HxKvSIHasU6TFqIJsjwW7WoF0BeUvd9tBrb68M-wDFQyE56jjLa5GfIkIwP2JekAG5ks7QtaGQgBZpPWOKMw",
}

/** The cases, but for 7: how the primes of a key were made is not looked at. */
export const wycheproofJwks: readonly RefusedJwk[] = [
  { tcId: 6, algorithm: "RS256", mistake: use, jwk: rsaForEncryption },
  { tcId: 8, algorithm: "RS256", mistake: shortRsa, jwk: rsaOf1024Bits },
  {
    tcId: 9,
    algorithm: "RS256",
    mistake: exponent,
    jwk: { ...rsaForEncryption, use: "sig", e: "AQ", d: "AQ", dp: "AQ", dq: "AQ" },
  },
  octJwk(10, "HS256", secretText),
  octJwk(11, "HS384", secretText),
  octJwk(12, "HS512", secretText),
  octJwk(16, "HS256", ""),
  octJwk(17, "HS384", ""),
  octJwk(18, "HS512", ""),
  ecJwk(19, { alg: "ES521" }, otherAlg),
  ecJwk(20, { alg: "ES224" }, otherAlg),
  ecJwk(21, { use: "enc" }, use),
  ecJwk(22, { y: "VUDYb_fNwW33O3NY_2NtH13kIi0hKR6-eMdffFKkE7g" }, notOneKey),
  ecJwk(23, { crv: "P-384" }, notOneKey),
  ecJwk(24, { kty: "RSA" }, notOneKey),
  octJwk(25, "A256GCM", secretText),
  octJwk(26, "A256KW", secretText),
]

function ecJwk(tcId: number, changes: object, mistake: string): RefusedJwk {
  return { tcId, algorithm: "ES256", jwk: { ...goodEcJwk, ...changes }, mistake }
}

function octJwk(tcId: number, alg: string, k: string): RefusedJwk {
  return { tcId, algorithm: "ES256", jwk: { kty: "oct", use: "sig", alg, k }, mistake: secret }
}
