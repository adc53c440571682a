// What is guessed first is refused however it is spelled, and what a generator makes is not.

import assert from "node:assert/strict"
import { test } from "node:test"
import { blocklist } from "../../src/password/blocklist.ts"
import { findPasswordFault } from "../../src/password/policy.ts"
import { spell } from "../../src/password/spelling.ts"
import { triesOf } from "../fuzz/property.ts"

const username = "alice"
type Spelling = (text: string) => string

const cases: readonly Spelling[] = [
  (text) => text,
  (text) => text.toUpperCase(),
  (text) => text.replace(/[a-z]+/g, (word) => word.charAt(0).toUpperCase() + word.slice(1)),
  (text) => text.replace(/./g, (one, at) => (at % 2 === 0 ? one : one.toUpperCase())),
]
const substitutions: readonly Spelling[] = [
  (text) => text,
  (text) => text.replaceAll("o", "0"),
  (text) => text.replaceAll("e", "3").replaceAll("a", "@"),
  (text) => text.replaceAll("s", "$").replaceAll("i", "1").replaceAll("o", "0"),
  (text) => text.replace(/[aeiost]/g, (one) => "43!057".charAt("aeiost".indexOf(one))),
]
const separators = ["", " ", "-", "_", "."]
const fronts = ["", "1", "2026", "!"]
const ends = ["", "1", "123", "2026", "!", "2026!"]

/** Each seventh has every two of the parts above together, since no list has seven parts. */
const step = triesOf({ few: 7, many: 1 })

/** Words, and what is said of them in each spelling. */
const kinds: readonly (readonly [name: string, words: readonly string[]])[] = [
  ["the comic's", ["correct", "horse", "battery", "staple"]],
  ["the fox", ["the", "quick", "brown", "fox", "jumps", "over", "the", "lazy", "dog"]],
  ["a common word twice", ["password", "password"]],
  ["two common words", ["dragon", "monkey"]],
  ["two long ones", ["welcome", "sunshine"]],
  ["a short word, again and again", ["admin", "admin", "admin"]],
  ["a word that is not known", ["xuvo", "xuvo", "xuvo", "xuvo"]],
  ["three letters", ["abc", "abc", "abc", "abc", "abc"]],
  ["the username", ["alice", "alice", "alice"]],
  ["the username backwards", ["ecila", "ecila", "ecila"]],
  ["the username and the service", ["alice", "postern"]],
  ["the username and a common word", ["alice", "sunshine"]],
  ["two rows of the keyboard", ["qwertyuiop", "asdfgh"]],
  ["three parts of rows", ["qwerty", "asdfgh", "zxcvbn"]],
  ["the alphabet", ["abcdefghijklmnop"]],
  ["rows backwards", ["poiuytrewq", "lkjhgf"]],
]

for (const [name, words] of kinds) {
  test(`findPasswordFault() refuses ${name} in any case, with separators, digits and substitutions`, async () => {
    const passed: string[] = []
    const texts = variants(words).filter((_, index) => index % step === 0)
    for (const text of new Set(texts)) {
      const refusal = await findPasswordFault({ password: text, username })
      if ([...text].length >= 15 && refusal?.code !== "password_blocked") passed.push(text)
    }
    assert.deepEqual(passed, [])
  })
}

function variants(words: readonly string[]): string[] {
  const joined = separators.map((separator) => words.join(separator))
  return joined.flatMap((text) =>
    substitutions.flatMap((substitute) =>
      cases.flatMap((change) =>
        fronts.flatMap((front) => ends.map((end) => `${front}${change(substitute(text))}${end}`)),
      ),
    ),
  )
}

test("findPasswordFault() refuses repetition that is cut short or ends differently", async () => {
  const passed: string[] = []
  for (const unit of ["admin", "abc", "abcd", "x7", "qz9", "passw", "wonder", "🦊🐻"]) {
    for (let times = 2; times < 9; times += 1) {
      for (const cut of [0, 1, 2]) {
        for (const [front, end] of [
          ["", ""],
          ["", "d"],
          ["", "12"],
          ["1", "!"],
          ["", "X9"],
        ] as const) {
          const whole = [...unit.repeat(times)]
          const text = `${front}${whole.slice(0, whole.length - cut).join("")}${end}`
          const refusal = await findPasswordFault({ password: text, username })
          if ([...text].length >= 15 && refusal === null) passed.push(text)
        }
      }
    }
  }
  assert.deepEqual(passed, [])
})

test("findPasswordFault() refuses runs of any characters", async () => {
  const random = randomNumbers(1)
  for (let index = 0; index < 500; index += 1) {
    const run = 2 + (index % 6)
    const distinct = Math.ceil(15 / run)
    const text = textOf("abcdefghijklmnopqrstuvwxyz0123456789!?", distinct, random).replace(
      /./g,
      (one) => one.repeat(run),
    )
    assert.equal(
      (await findPasswordFault({ password: text, username }))?.code,
      "password_blocked",
      text,
    )
  }
})

test("findPasswordFault() refuses blanks of any kind and a few characters among them", async () => {
  for (const blank of [" ", "\t", "\u00a0", "\u2003", "\u3000"]) {
    for (const visible of ["a", "é", "1!", "x1!", "abcdefg"]) {
      for (const at of [0, 3, 15]) {
        const text = `${blank.repeat(at)}${visible}${blank.repeat(15 - at)}`
        const refusal = await findPasswordFault({ password: text, username })
        assert.equal(refusal?.message, "A password can't be blanks and a few characters", text)
      }
    }
  }
})

test("findPasswordFault() refuses the username's parts however they are spelled", async () => {
  const ofUser = (password: string) =>
    findPasswordFault({ password, username: "maria.lindqvist@example.org" })
  for (const text of [
    "Maria.Lindqvist.1984",
    "m4r14-l1ndqv15t!",
    "LINDQVIST_lindqvist",
    "mária líndqvist 7",
    "lindqvist@example.org",
    "gro.elpmaxe@tsivqdnil.airam",
  ]) {
    assert.match((await ofUser(text))?.message ?? "", /made of the username/, text)
  }
  assert.equal(await ofUser("maria walks by the old harbour"), null)
})

const joins: Readonly<Record<string, (words: readonly string[], digits: string) => string>> = {
  "": (words) => words.join(""),
  " with blanks": (words) => words.join(" "),
  " with dashes": (words) => words.join("-"),
  " with capitals": (words) => words.map(capitalized).join(""),
  " with digits at the end": (words, digits) => `${words.join(".")}${digits}!`,
  " with digits in front": (words, digits) => `${digits}${words.map(capitalized).join("")}`,
  " with a digit after each": (words, digits) =>
    words.map((word, at) => `${word}${digits.charAt(at)}`).join(""),
}

for (const [name, join] of Object.entries(joins)) {
  test(`findPasswordFault() refuses at most 1 in 1,000 passphrases of four words${name}`, async () => {
    const random = randomNumbers(2)
    const words = unknownWords(2000, random)
    const refused: string[] = []
    const tries = triesOf({ few: 1000, many: 3000 })
    for (let index = 0; index < tries; index += 1) {
      const four = Array.from({ length: 4 }, () => words[random(words.length)] ?? "")
      const text = join(four, textOf("0123456789", 4, random))
      if (text.length < 15) continue
      if ((await findPasswordFault({ password: text, username })) !== null) refused.push(text)
    }
    assert.ok(refused.length <= tries / 1000, refused.join(", "))
  })
}

const alphabets: Readonly<Record<string, string>> = {
  letters: "abcdefghijklmnopqrstuvwxyz",
  "letters and digits": "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
  "printing ASCII": Array.from({ length: 94 }, (_, at) => String.fromCharCode(33 + at)).join(""),
  "other letters": "абвгдежзийклмнопрстуфхцчшщъыьэюя",
}

for (const [name, alphabet] of Object.entries(alphabets)) {
  test(`findPasswordFault() lets random ${name} pass`, async () => {
    const random = randomNumbers(3)
    for (let index = 0; index < triesOf({ few: 500, many: 2000 }); index += 1) {
      const text = textOf(alphabet, 15 + (index % 10), random)
      assert.equal(await findPasswordFault({ password: text, username }), null, text)
    }
  })
}

test("findPasswordFault() takes a time that grows with the length, not with its square", async () => {
  const random = randomNumbers(4)
  const long = [
    textOf("abcdefghijklmnopqrstuvwxyz", 1024, random),
    textOf("0123456789", 1024, random),
    "a".repeat(1024),
    "password".repeat(128),
    `password${textOf("0123456789", 1016, random)}`,
    textOf("abc", 1024, random),
  ]
  const millisFor = async (password: string) => {
    const started = process.hrtime.bigint()
    await findPasswordFault({ password, username })
    return Number(process.hrtime.bigint() - started) / 1e6
  }
  for (const text of long) {
    let [millis, ofQuarter] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
    for (let times = 0; times < 100; times += 1) {
      millis = Math.min(millis, await millisFor(text))
      ofQuarter = Math.min(ofQuarter, await millisFor(text.slice(0, 256)))
    }
    // Linear would be 4 times, and the square 16 times.
    assert.ok(millis < 9 * ofQuarter, `${millis} and ${ofQuarter} ms for ${text.slice(0, 20)}`)
  }
})

/** Words that can be spoken, and are no common password. */
function unknownWords(count: number, random: (below: number) => number): string[] {
  const words = new Set<string>()
  while (words.size < count) {
    const syllables = Array.from(
      { length: 2 + random(2) },
      () => `${textOf("bcdfghjklmnprstvwz", 1, random)}${textOf("aeiouy", 1, random)}`,
    )
    const word = `${syllables.join("")}${textOf("nrstlmk", random(2), random)}`
    if (!blocklist.has(spell(word))) words.add(word)
  }
  return [...words]
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}

function textOf(alphabet: string, length: number, random: (below: number) => number): string {
  return Array.from({ length }, () => alphabet.charAt(random(alphabet.length))).join("")
}

/** The same numbers in each run (mulberry32). */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}
