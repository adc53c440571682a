// Usernames have one canonical form: without blanks around them, compatibility characters unfolded
// (NFKC), in lower case, and after that only these ASCII characters. Folding comes first and
// checking second, so that no letter that folds into ASCII (the Kelvin sign, full-width letters) is
// a second way to write a name.
//
// The characters are those of e-mail addresses (RFC 5321 §4.1.2) but `/ \ | { } * ? % #` and the
// backtick, which paths, patterns and templates give a meaning. None is a blank, a comma, a colon
// or a double quote, so names can stand in lists, keys and messages.

/** Of a name in canonical form: what an e-mail address may have (RFC 5321 §4.5.3.1.3). */
export const usernameLengthMax = 254

/** What a name may look like, for messages. */
export const usernameRule =
  `1 to ${usernameLengthMax} of the characters a-z 0-9 . _ - @ + ! $ & ' = ^ ~, ` +
  "not - first, and not only dots"

const canonical = new RegExp(`^(?!-|\\.+$)[a-z0-9._@+!$&'=^~-]{1,${usernameLengthMax}}$`)
const inRecord = new RegExp(`^[\\x21-\\x7e]{1,${usernameLengthMax}}$`)
/** Letters beyond the first plane are two units, and become one character. */
const typedLengthMax = 2 * usernameLengthMax
/** Keyboards add blanks. A run inside the text is looked at once, however long it is. */
const blanksAround = /^\p{White_Space}+|(?<!\p{White_Space})\p{White_Space}+$/gu

/** The canonical form of a name as somebody typed it, or null when it can't be a name. */
export function canonicalUsername(typed: string): string | null {
  const trimmed = typed.replace(blanksAround, "")
  // The length comes first: normalizing long text is slow.
  if (trimmed.length > typedLengthMax) return null
  const name = trimmed.normalize("NFKC").toLowerCase()
  return canonical.test(name) ? name : null
}

/**
 * Whether a text has the form of names in tokens and files. It is wider than the canonical one: a
 * shared secret's tokens may name anybody, and the store keeps a key that can't be a name.
 */
export function isNameInRecord(text: string): boolean {
  return inRecord.test(text)
}

/** A canonical name as it stands in messages: in quotes that it can't have itself. */
export function quotedName(username: string): string {
  return username.includes("'") ? `"${username}"` : `'${username}'`
}

/** Names that people take for the operator's or the service's own: none to register oneself. */
const reservedNames: ReadonlySet<string> = new Set([
  ...["abuse", "admin", "administrator", "anonymous", "everyone", "hostmaster", "moderator"],
  ...["no-reply", "nobody", "noreply", "null", "official", "operator", "owner", "postern"],
  ...["postmaster", "root", "security", "self", "superuser", "support", "sysadmin", "system"],
  ...["undefined", "webmaster"],
])

/** Whether only the operator may give a name, which is in canonical form. */
export function isReservedName(username: string): boolean {
  return reservedNames.has(username)
}
