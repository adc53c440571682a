// Texts that a refresh token was made from and that are none any more (F-51).

/** Ways to spoil a refresh token. All get one and the same reply. */
export const spoiledRefreshTokens: readonly (readonly [string, (token: string) => string])[] = [
  ["the prefix alone", () => "ptr_"],
  ["no prefix", (token) => token.slice(4)],
  ["another prefix", (token) => `ptx_${token.slice(4)}`],
  ["the prefix in capitals", (token) => `PTR_${token.slice(4)}`],
  ["the prefix twice", (token) => `ptr_${token}`],
  ["capitals", (token) => token.toUpperCase()],
  ["small letters", (token) => token.toLowerCase()],
  ["one letter less", (token) => token.slice(0, -1)],
  ["one letter more", (token) => `${token}A`],
  ["padding", (token) => `${token}==`],
  ["a blank before", (token) => ` ${token}`],
  ["a blank after", (token) => `${token} `],
  ["a line end after", (token) => `${token}\n`],
  ["a NUL after", (token) => `${token}\0`],
  ["quotes", (token) => `"${token}"`],
  ["percent signs", (token) => token.replace("_", "%5f")],
  ["another sid", (token) => changed(token, 0)],
  ["another number", (token) => changed(token, 21)],
  ["another first byte of the tag", (token) => changed(token, 22)],
  ["another last byte of the tag", (token) => changed(token, 41)],
  ["letters of other scripts", (token) => `${token.slice(0, -1)}\uff21`],
  ["SQL", () => "ptr_' OR '1'='1' --"],
  ["a word", () => "NULL"],
  ["the name __proto__", () => "__proto__"],
  ["10 KB", (token) => `${token}${"A".repeat(10_000)}`],
  ["10 KB of dots", () => ".".repeat(10_000)],
  ["two tokens", (token) => `${token},${token}`],
]

function changed(token: string, at: number): string {
  const bytes = Buffer.from(token.slice(4), "base64url")
  bytes[at] = (bytes[at] ?? 0) ^ 1
  return `ptr_${bytes.toString("base64url")}`
}
