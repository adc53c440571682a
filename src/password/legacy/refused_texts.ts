// Why a text is no hash that can be taken over, in words. Hashes that a computer guesses by the
// million in a second are not kept for a day: their users get a new password.

const weak = "can't be taken over, since it is guessed too quickly"

const rows: readonly (readonly [form: RegExp, fault: string])[] = [
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

/** Says why a text is no hash for the store. Never quotes it: it may be a password. */
export function faultOfText(text: string): string {
  const known = rows.find(([form]) => form.test(text))
  return known?.[1] ?? "this is no hash that is known here; a password in plain text is not taken"
}
