// Usernames have one canonical form: trimmed, in NFKC, in lower case, and then only certain ASCII
// characters. A name is folded first and checked then, so that letters that fold into ASCII (the
// Kelvin sign, full-width letters) are no second way to write a name.
//
// The characters are those of e-mail addresses (RFC 5321 §4.1.2) without `/ \ | { } * ? % #` and
// the backtick, which have a meaning in paths, patterns and templates. Blanks, commas, colons and
// double quotes are excluded, so names can stand in lists, keys and messages.

/** The longest e-mail address (RFC 5321 §4.5.3.1.3). */
export const usernameLengthMax = 254

/** The rule for names, for messages. */
export const usernameRule =
  `1 to ${usernameLengthMax} of the characters a-z 0-9 . _ - @ + ! $ & ' = ^ ~, ` +
  "not - first, and not only dots"

const characters = `[a-z0-9._@+!$&'=^~-]{1,${usernameLengthMax}}`
const canonical = new RegExp(`^(?!-|\\.+$)${characters}$`)
const part = new RegExp(`^${characters}$`)
const inRecord = new RegExp(`^[\\x21-\\x7e]{1,${usernameLengthMax}}$`)
/** Some letters are two UTF-16 units that fold into one character. */
const typedLengthMax = 2 * usernameLengthMax
/** Keyboards add blanks. The pattern takes linear time for any run of blanks. */
const blanksAround = /^\p{White_Space}+|(?<!\p{White_Space})\p{White_Space}+$/gu

/** The canonical form of a typed name, or null when it can't be a name. */
export function canonicalUsername(typed: string): string | null {
  const name = folded(typed)
  return canonical.test(name) ? name : null
}

/** A typed part of a name, folded as names are. Null when no name has such a part. */
export function canonicalPart(typed: string): string | null {
  const text = folded(typed)
  return part.test(text) ? text : null
}

/** What a typed text is compared by; empty for one that is too long for a name. */
function folded(typed: string): string {
  const trimmed = typed.replace(blanksAround, "")
  // The length comes first: normalizing long text is slow.
  return trimmed.length > typedLengthMax ? "" : trimmed.normalize("NFKC").toLowerCase()
}

/**
 * Whether a text can be a name in tokens and files. This form is wider than the canonical one:
 * tokens of a shared secret may name users of a Flask app, and the store uses a key that is no
 * username.
 */
export function isNameInRecord(text: string): boolean {
  return inRecord.test(text)
}

/** A canonical name in quotes, for messages. */
export function quotedName(username: string): string {
  return username.includes("'") ? `"${username}"` : `'${username}'`
}

/** Names that people take for the operator's or the service's. Nobody may register them. */
const reservedNames: ReadonlySet<string> = new Set([
  ...["abuse", "admin", "administrator", "anonymous", "everyone", "hostmaster", "moderator"],
  ...["no-reply", "nobody", "noreply", "null", "official", "operator", "owner", "postern"],
  ...["postmaster", "root", "security", "self", "superuser", "support", "sysadmin", "system"],
  ...["undefined", "webmaster"],
])

/** Whether only the operator may create a user of this canonical name. */
export function isReservedName(username: string): boolean {
  return reservedNames.has(username)
}
