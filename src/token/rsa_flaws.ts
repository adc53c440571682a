// What can be wrong with the numbers of an RSA private key although it signs: OpenSSL computes by
// the primes or by `d` alone, whichever gives a signature, so a good one proves half of them.

import type { KeyObject } from "node:crypto"

/** The members of an RSA private JWK (RFC 7518 §6.3) that are numbers. */
type RsaMember = "n" | "e" | "d" | "p" | "q" | "dp" | "dq" | "qi"
type RsaNumbers = Readonly<Record<RsaMember, bigint>>

const rocaMistake = "it is an RSA key with the ROCA flaw (CVE-2017-15361): generate another"

/** Says in words what is wrong with an RSA private key, whatever its length, or gives null. */
export function findRsaFlaw(key: KeyObject): string | null {
  const numbers = numbersOf(key)
  const { n, p, q } = numbers
  if (hasRocaFlaw(n)) return rocaMistake
  // PEM can hold them; Node 20 would lose the third when it writes the key as JWK.
  if (n !== p * q && divides(p * q, n)) return "an RSA key needs two primes, this one has more"
  return fitTogether(numbers) ? null : "its parts do not make one key"
}

/** What RFC 8017 §3.2 asks of the numbers of a private key with two primes. */
function fitTogether({ n, e, d, p, q, dp, dq, qi }: RsaNumbers): boolean {
  return (
    n === p * q &&
    divides(p - 1n, e * d - 1n) &&
    divides(q - 1n, e * d - 1n) &&
    divides(p - 1n, e * dp - 1n) &&
    divides(q - 1n, e * dq - 1n) &&
    divides(p, q * qi - 1n)
  )
}

/** Primes that divide M below; modulo the others that do, every number is a power of 65537. */
const rocaPrimes = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157]

// Infineon's library made primes as k·M + (65537^a mod M), where M is the product of the first 39
// or more primes. So a modulus of its making is a power of 65537 modulo each of them; of ordinary
// ones it is one in 240 million. Found by Nemec, Sys, Svenda, Klinec and Matyas, who factor such
// keys of 2048 bits: "The Return of Coppersmith's Attack", ACM CCS 2017; github.com/crocs-muni/roca.
function hasRocaFlaw(modulus: bigint): boolean {
  return rocaPrimes.every((prime) => isPowerOf65537(Number(modulus % BigInt(prime)), prime))
}

function isPowerOf65537(value: number, prime: number): boolean {
  let power = 1
  do {
    if (power === value) return true
    power = (power * 65_537) % prime
  } while (power !== 1)
  return false
}

function divides(divisor: bigint, value: bigint): boolean {
  return divisor !== 0n && value % divisor === 0n
}

function numbersOf(key: KeyObject): RsaNumbers {
  const jwk = key.export({ format: "jwk" }) as Readonly<Record<RsaMember, string>>
  // The zero in front is for a number without bytes, which is 0.
  const read = (member: RsaMember) =>
    BigInt(`0x0${Buffer.from(jwk[member], "base64url").toString("hex")}`)
  return {
    n: read("n"),
    e: read("e"),
    d: read("d"),
    p: read("p"),
    q: read("q"),
    dp: read("dp"),
    dq: read("dq"),
    qi: read("qi"),
  }
}
