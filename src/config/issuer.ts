// Parses POSTERN_ISSUER, the `iss` of tokens. Verifiers append the paths of metadata and keys to it
// (RFC 8414 §2, §3) and compare it as text, so it has one spelling.

import { isPrivateAddress } from "../domain/ip_address.ts"
import { parseUrl } from "../domain/url.ts"
import { isLoopback } from "../system/address.ts"
import { SettingMistake } from "./values.ts"

const hint =
  "The https address under which clients reach Postern, such as https://login.example.org"
/** Every token contains the issuer, and the length of tokens is limited. */
const lengthMax = 255
/** RFC 3986 §2. `URL` would trim blanks and change other characters. */
const characters = /^[\w.~:/?#[\]@!$&'()*+,;=%-]+$/
/** A path that the router can match, since the path of the metadata ends with it. */
const path = /^(?:\/[\w.~-]+)*$/

/** Names without a dot, and names under domains for local networks. */
const privateName = /^(?:[\w-]+|.+\.(?:local|lan|internal|home\.arpa))$/i

/** The public address: https, or http on this machine or in a private network. */
export function issuer(value: string): string {
  const isPlain = value.length <= lengthMax && characters.test(value)
  const url = isPlain ? parseUrl(value) : null
  if (url === null) throw new SettingMistake(`'${value}' is not an address`, hint)
  if (url.search !== "" || value.includes("#") || value.endsWith("?")) {
    throw new SettingMistake(`'${value}' has a query or a fragment`, hint)
  }
  if (url.username !== "" || url.password !== "") {
    throw new SettingMistake("It holds credentials", hint)
  }
  requireScheme(value, url)
  requireOneSpelling(value, url)
  return value
}

/** Whether an issuer is http and not on this machine. */
export function isPlainInNetwork(issuer: string): boolean {
  const { protocol, hostname } = new URL(issuer)
  return protocol === "http:" && !isLoopback(hostname)
}

function requireScheme(value: string, { protocol, hostname }: URL): void {
  if (protocol === "https:") return
  if (protocol !== "http:") throw new SettingMistake(`'${value}' is not an https address`, hint)
  if (isLoopback(hostname) || isPrivate(hostname)) return
  const where =
    "http is allowed only for localhost, a private address, or a name such as postern or nas.local"
  throw new SettingMistake(
    `'${value}' is plain http and not in a private network`,
    `Use https. ${where}`,
  )
}

function isPrivate(hostname: string): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "")
  return isPrivateAddress(host) || privateName.test(host)
}

function requireOneSpelling(value: string, { origin, pathname }: URL): void {
  const written = `${origin}${pathname.replace(/\/+$/, "")}`
  if (value !== written) {
    const problem = value.endsWith("/") ? "ends with '/'" : "is not in standard form"
    throw new SettingMistake(
      `'${value}' ${problem}`,
      `Write it as ${written}: verifiers compare it as text and append paths such as /.well-known/jwks.json`,
    )
  }
  if (path.test(value.slice(origin.length))) return
  const rule = "Use only the characters A-Z a-z 0-9 . _ ~ - between slashes"
  throw new SettingMistake(`'${value}' has a path that can't be used`, rule)
}
