// Refuses secrets that were typed instead of generated (RFC 8725 §3.5). No test can tell that a
// secret is good; this one finds what people do write: examples, phrases, patterns.

import { isRepetition } from "../repetition.ts"

const distinctCharactersMin = 10
const rowLengthMax = 8

/** Parts of the secrets in documentation and in people's heads. */
const knownWords =
  /secret|change.?me|password|passphrase|example|default|insecure|qwerty|letmein|your.?256|your.?key|postern|jwt.?key|super.?long|development|signing.?key|jwt[-_]|550e8400-e29b/i

/** How the key of RFC 7515's appendix A.1 starts; programs were shipped with it. */
const specificationKey = "AyM1SysPpbyhDfgZld3u"

/** Why a secret can't be trusted to sign tokens, or null. Never quotes the secret. */
export function refuseSecret(secret: string, bytesMin: number): string | null {
  const bytes = Buffer.byteLength(secret)
  if (bytes < bytesMin) return `it has ${bytes} bytes and needs at least ${bytesMin}`
  for (const text of readings(secret)) {
    const reason = findPattern(text)
    if (reason !== null) return reason
  }
  return null
}

// A typed secret that was encoded afterwards is as easy to guess: Nacos was shipped with one.
function readings(secret: string): string[] {
  const decoded = (["hex", "base64"] as const)
    .map((encoding) => Buffer.from(secret, encoding).toString("latin1"))
    .filter((text) => /^[\x20-\x7e]+$/.test(text) && text.length * 2 >= secret.length)
  return [secret, ...decoded]
}

function findPattern(secret: string): string | null {
  if (new Set(secret).size < distinctCharactersMin) return "it repeats a few characters"
  if (isRepetition(secret, secret.length)) return "it repeats itself"
  if (knownWords.test(secret) || secret.startsWith(specificationKey))
    return "it has a word in it that examples have"
  if (hasRow(secret)) return "it has a row of neighbouring characters in it"
  if (/\s/.test(secret) || isPhrase(secret)) return "it reads like a phrase"
  return null
}

// One of 1,500 secrets of 32 bytes has only letters as base64url too, but of both cases alike.
function isPhrase(text: string): boolean {
  const capitals = text.replace(/[^A-Z]/g, "").length / text.length
  return /^[a-zA-Z_.,'-]+$/.test(text) && (capitals < 0.25 || capitals > 0.75)
}

// "01234567", "abcdefgh", and backwards
function hasRow(text: string): boolean {
  let length = 1
  let step = 0
  for (let at = 1; at < text.length; at += 1) {
    const difference = text.charCodeAt(at) - text.charCodeAt(at - 1)
    length = Math.abs(difference) === 1 && difference === step ? length + 1 : 2
    step = difference
    if (Math.abs(step) === 1 && length >= rowLengthMax) return true
  }
  return false
}
