// SHA-crypt, Unix's `$5$` and `$6$` (Ulrich Drepper's specification, "Unix crypt using SHA-256 and
// SHA-512", version 0.6). The numbers of steps below are its own.
//
//   $6$rounds=10000$<salt>$<hash>       without `rounds` there are 5000
//
// The packages that have it compute a hash in one go, and the event loop stands still for up to a
// second. Here it goes on between slices.

import { hash } from "node:crypto"
import { setImmediate as nextTurn } from "node:timers/promises"
import { type LegacyFormat, smallMemoryBytes } from "./legacy_format.ts"
import { isSame } from "./phc_text.ts"

interface Kind {
  readonly prefix: string
  readonly digest: "sha256" | "sha512"
  /** The bytes of the digest in the order of the text, in groups of three; -1 is a byte of zero. */
  readonly order: readonly (readonly [number, number, number])[]
  readonly characters: number
}

interface Salted {
  readonly salt: Buffer
  readonly rounds: number
}

const roundsByDefault = 5000
const roundsMin = 1000
const alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
/** Each round digests the password, so a long one takes long. musl takes no more either. */
const passwordBytesMax = 256
/** A millisecond or so. */
const roundsPerSlice = 256

const sha256: Kind = {
  ...{ prefix: "$5$", digest: "sha256", characters: 43 },
  order: [...rotated(10, [0, 10, 20], 21, 30), [-1, 31, 30]],
}

const sha512: Kind = {
  ...{ prefix: "$6$", digest: "sha512", characters: 86 },
  order: [...rotated(21, [0, 21, 42], 22, 63), [-1, -1, 63]],
}

/** The two formats. */
export const shaCryptFormats: readonly LegacyFormat[] = [sha256, sha512].map(formatOf)

/** Groups of three bytes, each made of the one before: all indexes grow, and change their places. */
function rotated(
  count: number,
  [a, b, c]: readonly [number, number, number],
  step: number,
  size: number,
): (readonly [number, number, number])[] {
  const groups: [number, number, number][] = [[a, b, c]]
  for (let at = 1; at < count; at += 1) {
    const [x, y, z] = groups[at - 1] as [number, number, number]
    groups.push([(x + step) % size, (y + step) % size, (z + step) % size])
  }
  return groups
}

function formatOf(kind: Kind): LegacyFormat {
  const { prefix, characters } = kind
  const form = new RegExp(
    `^\\$[56]\\$(?:rounds=(?<rounds>[1-9]\\d{3,8})\\$)?(?<salt>[./A-Za-z0-9]{1,16})\\$(?<hash>[./A-Za-z0-9]{${characters}})$`,
  )
  return {
    prefix,
    sample: `${prefix}rounds=${roundsMin}$salt$${".".repeat(characters)}`,
    read(text) {
      const groups = form.exec(text)?.groups
      if (groups === undefined) return null
      const { salt = "", hash: expected = "", rounds = roundsByDefault } = groups
      const salted = { salt: Buffer.from(salt), rounds: Number(rounds) }
      return {
        memoryBytes: smallMemoryBytes,
        work: salted.rounds,
        async verify(typed) {
          const password = Buffer.from(typed)
          if (password.byteLength > passwordBytesMax) return false
          const found = await shaCrypt(password, salted, kind)
          return isSame(Buffer.from(found), Buffer.from(expected))
        },
      }
    },
  }
}

async function shaCrypt(password: Buffer, { salt, rounds }: Salted, kind: Kind): Promise<string> {
  const start = digestA(password, salt, kind)
  // Steps 13 to 20: P is as long as the password, S as the salt.
  const ofPassword = digest(kind, Array<Buffer>(password.byteLength).fill(password))
  const ofSalt = digest(kind, Array<Buffer>(16 + (start[0] ?? 0)).fill(salt))
  const messages = messagesOf(repeated(ofPassword, password), repeated(ofSalt, salt), start)
  let last = start
  for (let round = 0; round < rounds; round += 1) {
    const { bytes, at } = messages[round % messages.length] as Message
    bytes.set(last, at)
    last = hash(kind.digest, bytes, "buffer")
    if (round % roundsPerSlice === roundsPerSlice - 1) await nextTurn()
  }
  return inText(last, kind)
}

/** What a round digests, with a place for the digest of the round before. */
interface Message {
  readonly bytes: Buffer
  readonly at: number
}

// Step 21. A message is made of its round's number by 2, by 3 and by 7: there are 42 of them.
function messagesOf(p: Buffer, s: Buffer, last: Buffer): readonly Message[] {
  return Array.from({ length: 2 * 3 * 7 }, (_, round) => {
    const middle = [...(round % 3 === 0 ? [] : [s]), ...(round % 7 === 0 ? [] : [p])]
    const isOdd = round % 2 === 1
    const before = isOdd ? [p, ...middle] : []
    const bytes = Buffer.concat(isOdd ? [...before, last] : [last, ...middle, p])
    return { bytes, at: before.reduce((sum, { byteLength }) => sum + byteLength, 0) }
  })
}

// Steps 1 to 12.
function digestA(password: Buffer, salt: Buffer, kind: Kind): Buffer {
  const b = digest(kind, [password, salt, password])
  const parts = [password, salt, repeated(b, password)]
  for (let bits = password.byteLength; bits > 0; bits >>= 1) {
    parts.push((bits & 1) === 1 ? b : password)
  }
  return digest(kind, parts)
}

function digest({ digest: name }: Kind, parts: readonly Uint8Array[]): Buffer {
  return hash(name, Buffer.concat(parts), "buffer")
}

/** A block, over and over, as long as something else. */
function repeated(block: Buffer, { byteLength }: Uint8Array): Buffer {
  return Buffer.alloc(byteLength, block)
}

// Step 22: three bytes are four characters, the lowest six bits first.
function inText(bytes: Buffer, { order, characters }: Kind): string {
  let text = ""
  for (const indexes of order) {
    const [high = 0, middle = 0, low = 0] = indexes.map((index) => bytes[index] ?? 0)
    let bits = (high << 16) | (middle << 8) | low
    for (let at = 0; at < 4; at += 1, bits >>= 6) text += alphabet[bits & 63]
  }
  return text.slice(0, characters)
}
