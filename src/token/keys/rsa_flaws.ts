// What can be wrong with the numbers of an RSA private key although it signs: OpenSSL computes by
// the primes or by `d` alone, whichever gives a signature, so a good one proves half of them.

import type { KeyObject } from "node:crypto"

/** The members of an RSA private JWK (RFC 7518 §6.3) that are numbers. */
type RsaMember = "n" | "e" | "d" | "p" | "q" | "dp" | "dq" | "qi"
type RsaNumbers = Readonly<Record<RsaMember, bigint>>

/** Says in words what is wrong with an RSA private key, or gives null. */
export function findRsaFlaw(key: KeyObject): string | null {
  const numbers = numbersOf(key)
  const { n, p, q } = numbers
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
