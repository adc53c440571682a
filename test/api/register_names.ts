// Names that are sent to POST /register: F-30, F-31 and F-37.

/** Names as typed, and what becomes of them. */
export const accepted: readonly (readonly [typed: string, username: string])[] = [
  ["carol", "carol"],
  ["Carol", "carol"],
  ["c", "c"],
  ["carol@example.org", "carol@example.org"],
  ["a".repeat(254), "a".repeat(254)],
  ["O'Brien@Example.org", "o'brien@example.org"],
  ["+491701234567", "+491701234567"],
  ["c!$&'+-=^_~.@9", "c!$&'+-=^_~.@9"],
  // What keyboards add.
  ["carol ", "carol"],
  [" carol", "carol"],
  ["\u00a0carol\u3000", "carol"],
  ["\tcarol\r\n", "carol"],
  // Letters of other kinds that NFKC and lower case make ASCII: the name is the ASCII one.
  ["Ｃａｒｏｌ", "carol"],
  ["ᴮᴵᴳᴮᴵᴿᴰ", "bigbird"],
  ["ſam", "sam"],
  ["\u212aelvin", "kelvin"],
  ["Ⅷ", "viii"],
  ["carol\u2024b", "carol.b"],
]

/** Names that look like others, and why they are none. */
export const lookAlikes: readonly (readonly [what: string, typed: string])[] = [
  ["a Cyrillic а", "\u0430lice"],
  ["a Greek omicron", "b\u03bfb"],
  ["a dotless ı", "al\u0131ce"],
  ["a dotted İ", "AL\u0130CE"],
  ["an accent", "alic\u00e9"],
  ["an accent of its own", "alice\u0301"],
  ["a zero-width space", "ali\u200bce"],
  ["a zero-width joiner", "ali\u200dce"],
  ["a soft hyphen", "ali\u00adce"],
  ["a byte order mark", "\ufeffalice"],
  ["a right-to-left override", "\u202ealice"],
  ["a variation selector", "alice\ufe0f"],
  ["a blank in it", "al ice"],
  ["a no-break space in it", "al\u00a0ice"],
  ["a tab in it", "al\tice"],
  ["a line end in it", "al\r\nice"],
  ["nothing but blanks", " \t "],
  ["a NUL", "alice\0"],
  ["half a surrogate pair", "alice\ud800"],
  ["an emoji", "alice\u{1f600}"],
  ["a slash", "alice/bob"],
  ["dots", ".."],
  ["a dash first", "-alice"],
  ["a comma list", "alice,bob"],
  ["a display name", "Alice <alice@example.org>"],
  ["255 letters", "a".repeat(255)],
  ["a typographic apostrophe", "o\u2019brien"],
  ...[..."/\\|{}*?%#`"].map((not) => [`the character ${not}`, `carol${not}`] as const),
  ["10,000 letters", "a".repeat(10_000)],
]

/** Names of alice and bob, and what they are a spelling of. */
export const taken: readonly (readonly [typed: string, username: string])[] = [
  ["alice", "alice"],
  ["ALICE", "alice"],
  ["ａｌｉｃｅ", "alice"],
  ["ⓑⓞⓑ", "bob"],
  [" alice", "alice"],
  ["bob\u00a0", "bob"],
]

/** Names that only the operator gives. */
export const kept: readonly (readonly [typed: string, username: string])[] = [
  ["admin", "admin"],
  ["ADMIN", "admin"],
  ["ａdmin", "admin"],
  ["root", "root"],
  ["Postern", "postern"],
  ["support", "support"],
  ["null", "null"],
  ["admin ", "admin"],
]
