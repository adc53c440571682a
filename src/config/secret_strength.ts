// Refuses secrets that were typed instead of generated (RFC 8725 §3.5). Known words and secrets,
// repetition and rows are removed. The rest must be long enough and no phrase. So a generated
// secret passes with any text around it, and the secret of a tutorial never does.

import { withoutParts, withoutRepeats, withoutRows } from "../password/predictable.ts"
import { knownSecrets, knownWords } from "./known_secrets.ts"

const leftLengthMin = 22
const leftDistinctMin = 8
const rowLengthMin = 5
const fragmentLength = 8
/** Only the beginning of a longer secret is judged. */
const judgedLengthMax = 4096

/** The letters that follow each letter in English: 90 % of all pairs, a third of random pairs. */
const followers = [
  "abcdgiklmnprstuvy baeiloru caehiklortu daeior eacdefglmnprstvxy faefiloru gaehilor haeiot",
  "iacdefglmnoprstvz kei ladeilouy mabeimop nacdegiknost obcdgklmnoprstuvw paehilopru qu",
  "racdefimnorstuy sacehimopstu taehilorstuy ubcdlmnprst vaei waehio ya ze",
].flatMap((line) => line.split(" "))
const commonPairs: ReadonlySet<string> = new Set(
  followers.flatMap(([one, ...next]) => next.map((two) => `${one}${two}`)),
)
/** The share of common pairs in a phrase. Random letters hardly ever have as many. */
const commonShareMin = 0.7
const strayCharactersMax = 2

/** Made for the first secret that is judged: most starts judge none. */
let fragments: ReadonlySet<string> | null = null

/** Why a secret is too weak to sign tokens, or null. Never quotes the secret. */
export function findSecretFault(secret: string, bytesMin: number): string | null {
  const bytes = Buffer.byteLength(secret)
  if (bytes < bytesMin) return `it has ${bytes} bytes and needs at least ${bytesMin}`
  return readings(secret.slice(0, judgedLengthMax)).every(isRandom)
    ? null
    : "too little of it is random; known words, known secrets, repetition and rows don't count"
}

// An encoded typed secret is as easy to guess: Nacos was shipped with one. So is a repeated one.
function readings(secret: string): string[] {
  const others = [
    secret.replace(/^[\w+/-]+=*$/, decode),
    secret.replace(/[a-z\d+/]{22,}=*/gi, decode),
    secret.replace(/^(.+?)\1+$/s, "$1"),
  ]
  return [secret, ...others.filter((text) => text !== secret).flatMap(readings)]
}

/** The text, or the bytes as hex, that hex or base64 encodes. */
function decode(token: string): string {
  const bytes = Buffer.from(token, /^([\da-f]{2})+$/i.test(token) ? "hex" : "base64")
  const text = bytes.toString("latin1")
  return /^[\x20-\x7e]+$/.test(text) ? text : bytes.toString("hex")
}

function isRandom(text: string): boolean {
  fragments ??= knownFragments()
  const known = fragments
  const parts = { length: fragmentLength, isKnown: (part: string) => known.has(part) }
  const unknown = knownWords.reduce(
    (rest, word) => rest.replaceAll(word, ""),
    withoutParts(fold(text), parts),
  )
  const left = withoutRows(withoutRepeats(unknown), { shortest: rowLengthMin })
  return left.length >= leftLengthMin && new Set(left).size >= leftDistinctMin && !isPhrase(left)
}

/** Lower case, without separators and without the signs of base64 and base64url. */
function fold(text: string): string {
  return text.toLowerCase().replace(/[\s_./+=-]/g, "")
}

/** Parts of known secrets, as they are, encoded and decoded. */
function knownFragments(): ReadonlySet<string> {
  const spellings = knownSecrets.flatMap((secret) => {
    const bytes = [Buffer.from(secret), Buffer.from(secret, "hex"), Buffer.from(secret, "base64")]
    return [secret, ...bytes.flatMap((one) => [one.toString("hex"), one.toString("base64")])]
  })
  const parts = spellings
    .map(fold)
    .flatMap((text) => [...(text.match(/.{8}/gs) ?? []), text.slice(-fragmentLength)])
  return new Set(parts)
}

/** Whether a text is, but for its ends, letters that follow each other as in English. */
function isPhrase(text: string): boolean {
  const inner = text.replace(/^[^a-z]+|[^a-z]+$/g, "")
  const letters = inner.replace(/[^a-z]/g, "")
  const common = [...letters].filter((one, at) => commonPairs.has(`${letters[at - 1]}${one}`))
  const isText =
    inner.length * 2 > text.length && inner.length <= letters.length + strayCharactersMax
  return isText && common.length >= commonShareMin * (letters.length - 1)
}
