// What other systems write for a password's hash, as the text that the store keeps
// (legacy_formats.ts). A row for each way to write one.
//
//   Werkzeug   scrypt:32768:8:1$salt$<hex>               pbkdf2:sha256:600000$salt$<hex>
//   passlib    $pbkdf2-sha256$29000$<base64>$<base64>    $bcrypt-sha256$v=2,t=2b,r=12$…$…
//   Django     pbkdf2_sha256$600000$salt$<base64>        scrypt$16384$salt$8$5$<base64>
//              argon2$argon2id$v=19$…                    bcrypt_sha256$$2b$12$…   bcrypt$$2b$12$…
//   PHC        $pbkdf2-sha256$i=600000,l=32$<base64>$<base64>   $argon2i$m=4096,t=3,p=1$…$…

import { readLegacyHash } from "./legacy_formats.ts"
import { pbkdf2Digests } from "./pbkdf2.ts"
import { readUnpadded, writePhcText } from "./phc_text.ts"

/** The text for the store, or why there is none. No message quotes the text. */
type ForeignReading = { readonly hash: string } | { readonly fault: string }

type Parts = readonly string[]

interface Row {
  readonly form: RegExp
  /** Makes the text of what the form's groups have. Null when they are not what they seem. */
  readonly write: (groups: Parts) => string | null
}

/** Salts are text here, not base64. */
const salt = "([^$]{1,64})"
const hex = "((?:[0-9a-f]{2})+)"
const base64 = "((?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)"
/** What Werkzeug and Django take of scrypt. */
const scryptBytes = 64
const ofPasslib = "([A-Za-z0-9./]*)"

const weak = "can't be taken over, since it is guessed too quickly"

const rows: readonly Row[] = [
  {
    form: new RegExp(`^pbkdf2:(sha\\d+):(\\d+)\\$${salt}\\$${hex}$`),
    write: ([digest = "", i = "", salt = "", hash = ""]) =>
      pbkdf2Text({ digest, i, salt: Buffer.from(salt), hash: Buffer.from(hash, "hex") }),
  },
  {
    form: new RegExp(`^scrypt:(\\d+):(\\d+):(\\d+)\\$${salt}\\$${hex}$`),
    write: ([n = "", r = "", p = "", salt = "", hash = ""]) =>
      scryptText({ n, r, p, salt: Buffer.from(salt), hash: Buffer.from(hash, "hex") }),
  },
  {
    form: new RegExp(`^\\$pbkdf2(?:-(sha256|sha512))?\\$(\\d+)\\$${ofPasslib}\\$${ofPasslib}$`),
    write: ([digest = "sha1", i = "", salt = "", hash = ""]) =>
      pbkdf2Text({ digest, i, salt: readOfPasslib(salt), hash: readOfPasslib(hash) }),
  },
  {
    form: /^\$bcrypt-sha256\$v=2,t=(2[aby]),r=(\d\d?)\$([^$]{22})\$([^$]{31})$/,
    write: ([version, cost = "", salt, hash]) =>
      `$bcrypt-sha256-hmac$${version}$${cost.padStart(2, "0")}$${salt}${hash}`,
  },
  {
    form: /^\$bcrypt-sha256\$(2[aby]),(\d\d?)\$([^$]{22})\$([^$]{31})$/,
    write: ([version, cost = "", salt, hash]) =>
      `$bcrypt-sha256-base64$${version}$${cost.padStart(2, "0")}$${salt}${hash}`,
  },
  {
    form: new RegExp(`^pbkdf2_(sha1|sha256)\\$(\\d+)\\$${salt}\\$${base64}$`),
    write: ([digest = "", i = "", salt = "", hash = ""]) =>
      pbkdf2Text({ digest, i, salt: Buffer.from(salt), hash: Buffer.from(hash, "base64") }),
  },
  {
    form: new RegExp(`^scrypt\\$(\\d+)\\$${salt}\\$(\\d+)\\$(\\d+)\\$${base64}$`),
    write: ([n = "", salt = "", r = "", p = "", hash = ""]) =>
      scryptText({ n, r, p, salt: Buffer.from(salt), hash: Buffer.from(hash, "base64") }),
  },
  { form: /^bcrypt_sha256\$(\$2.*)$/, write: ([rest]) => `$bcrypt-sha256-hex${rest}` },
  { form: /^(?:bcrypt\$(?=\$2)|argon2(?=\$argon2))(.*)$/, write: ([rest = ""]) => rest },
  {
    form: /^(\$pbkdf2-sha\d+\$i=\d+),l=(\d+)(\$[^$]+\$([^$]+))$/,
    write: ([start, length, rest, hash = ""]) =>
      readUnpadded(hash)?.byteLength === Number(length) ? `${start}${rest}` : null,
  },
  // Before it had versions, Argon2 had the one that is called 16.
  { form: /^(\$argon2(?:id?|d)\$)(m=.*)$/, write: ([kind, rest]) => `${kind}v=16$${rest}` },
]

/**
 * Texts that are not taken, and why. Hashes that a computer guesses by the million in a second are
 * not kept for a day: their users get a new password.
 */
const refused: readonly (readonly [form: RegExp, fault: string])[] = [
  [/^\$apr1\$/, `an MD5 hash (apr1) ${weak}`],
  [/^\$1\$|^\$[PH]\$/, `an MD5 hash ${weak}`],
  [/^\{S?(?:MD5|SHA\d{0,3})\}/i, `one round of MD5 or SHA ${weak}`],
  [/^(?:md5|sha\d{1,3}|unsalted_\w+|hmac-\w+)\$/, `one round of MD5 or SHA ${weak}`],
  [
    /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$/i,
    `a hash without salt ${weak}`,
  ],
  [/^\*[0-9a-f]{40}$/i, `a hash without salt ${weak}`],
  [/^(?:[./A-Za-z0-9]{13}|_[./A-Za-z0-9]{19}|crypt\$.*)$/, `a DES hash ${weak}`],
  [/^\$(?:y|gy|7)\$/, "yescrypt is not known here"],
  [/^\$2x?\$/, "bcrypt of the versions 2 and 2x is not known here"],
  [/^[!*]/, "the account has no password, or is locked"],
  [
    /^\$(?:argon2|scrypt|pbkdf2|2[aby]|bcrypt|[56]\$)/,
    "the hash is damaged, or has parameters that can't be",
  ],
  [/^(?:scrypt|pbkdf2|bcrypt|argon2)/, "the hash is damaged, or has parameters that can't be"],
]

/** Reads what another system wrote. */
export function readForeignHash(text: string): ForeignReading {
  const hash = canonicalText(text)
  if (hash !== null && readLegacyHash(hash) !== null) return { hash }
  return { fault: faultOfText(text) }
}

function canonicalText(text: string): string | null {
  for (const { form, write } of rows) {
    const found = form.exec(text)
    if (found !== null) return write(found.slice(1))
  }
  return text
}

interface Pbkdf2Parts {
  readonly digest: string
  readonly i: string
  readonly salt: Buffer
  readonly hash: Buffer
}

// A column that is too narrow cuts hashes off: those were of no use in the other system either.
function pbkdf2Text({ digest, i, ...parts }: Pbkdf2Parts): string | null {
  if (parts.hash.byteLength !== pbkdf2Digests[digest]) return null
  return `$pbkdf2-${digest}$${writePhcText({ i: Number(i) }, parts)}`
}

interface ScryptParts {
  readonly n: string
  readonly r: string
  readonly p: string
  readonly salt: Buffer
  readonly hash: Buffer
}

function scryptText({ n, r, p, ...parts }: ScryptParts): string | null {
  if (parts.hash.byteLength !== scryptBytes) return null
  return `$scrypt$${writePhcText({ ln: Math.log2(Number(n)), r: Number(r), p: Number(p) }, parts)}`
}

/** passlib's base64 has no padding, and `.` in the place of `+`. */
function readOfPasslib(text: string): Buffer {
  return Buffer.from(text.replaceAll(".", "+"), "base64")
}

/** Says why a text is no hash for the store. Never quotes it: it may be a password. */
function faultOfText(text: string): string {
  const known = refused.find(([form]) => form.test(text))
  return known?.[1] ?? "this is no hash that is known here; a password in plain text is not taken"
}
