// Genuine tokens in another spelling: what a lenient decoder takes for the same bytes gives one
// token several texts.

import { segment, segments, signJws, withSignature } from "../support/forge.ts"
import { each, refused, type Vector } from "./vector.ts"

/** Texts that a lenient decoder takes for the same bytes. */
const respellings: readonly (readonly [name: string, respell: (part: string) => string])[] = [
  ["padding", (part) => `${part}=`],
  ["whole padding", (part) => part + "=".repeat((4 - (part.length % 4)) % 4 || 4)],
  ["standard alphabet", (part) => `${part}+`],
  ["a trailing blank", (part) => `${part} `],
  ["a leading line end", (part) => `\n${part}`],
  ["a blank inside", (part) => insert(part, 8, " ")],
  ["another first unused bit", (part) => withLastCharacter(part, 1)],
  ["another second unused bit", (part) => withLastCharacter(part, 2)],
]

/** Vectors for any deployment. */
export const respellingVectors: readonly Vector[] = each(
  [
    "=",
    "==",
    " ",
    "\t",
    "\n",
    "\r\n",
    "%2E",
    "\uff0e",
    "\u200b",
    "*",
    "\0",
    "!!!!",
    "A",
    "AAAA",
    "%00",
    ";",
    ",",
    "\ud800",
  ],
  (tail, name) => refused(`J-39 followed by ${name}`, (forge) => forge.token() + tail),
).concat([
  ...each([" ", "\t", "\n", "=", "\u200b", "\0"], (blank, name) =>
    refused(`J-39 ${name} inside the signature`, (forge) => insert(forge.token(), -10, blank)),
  ),
  ...each([" ", "\n", "=", ".", "\ufeff"], (head, name) =>
    refused(`J-39 ${name} in front`, (forge) => head + forge.token()),
  ),
  ...each([0, 1], (index, name) =>
    refused(`J-39 padding after segment ${name}`, (forge) => {
      const parts: string[] = segments(forge.token())
      parts[index] += "="
      return parts.join(".")
    }),
  ),
  ...respellings.flatMap(([name, respell]) => [
    refused(`J-39 ${name} in the signature`, (forge) => {
      const token = forge.token()
      return withSignature(token, respell(segments(token)[2]))
    }),
    ...[0, 1].map((index) =>
      refused(`T-05 ${name} in segment ${index}, validly signed`, (forge) => {
        const parts = segments(forge.token({ header: forge.headerText(), payload: { x: "~~~?" } }))
        const input = [parts[0], parts[1]]
          .map((part, at) => (at === index ? respell(part) : part))
          .join(".")
        return `${input}.${segment(signJws(input, forge.alg, forge.key))}`
      }),
    ),
  ]),
  ...each(["%2E", "\uff0e", "\u3002", " ", "..", "/"], (dot, name) =>
    refused(`J-39 ${name} in the place of the dots`, (forge) => forge.token().replaceAll(".", dot)),
  ),
  refused("J-39 upper case", (forge) => forge.token().toUpperCase()),
  refused("J-39 with its scheme", (forge) => `Bearer ${forge.token()}`),
  refused("J-39 in quotes", (forge) => `"${forge.token()}"`),
  refused("J-39 twice, with a comma", (forge) => `${forge.token()},${forge.token()}`),
])

function insert(text: string, at: number, part: string): string {
  return text.slice(0, at) + part + text.slice(at)
}

/** A bit of the last character changed: one without meaning, unless a whole group of four ends there. */
function withLastCharacter(part: string, bit: number): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
  const last = alphabet.indexOf(part.slice(-1))
  return part.slice(0, -1) + alphabet.charAt(last ^ bit)
}
