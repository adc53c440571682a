// Usernames have one canonical form: compatibility characters unfolded (NFKC), lower case, and
// after that only these ASCII characters. Folding comes first and checking second, so that no
// letter that folds into ASCII (the Kelvin sign, full-width letters) is a second way to write a
// name.

/** What a name may look like, for messages. */
export const usernameRule =
  "1 to 64 of the characters a-z 0-9 . _ - @ +, the first of them a letter, a digit or _"

const canonical = /^[a-z0-9_][a-z0-9._@+-]{0,63}$/
const typedLengthMax = 256

/** The canonical form of a name as somebody typed it, or null when it can't be a name. */
export function canonicalUsername(typed: string): string | null {
  if (typed.length > typedLengthMax) return null
  const name = typed.normalize("NFKC").toLowerCase()
  return canonical.test(name) ? name : null
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
