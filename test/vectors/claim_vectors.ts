// Claims that we would not have written, all validly signed with the real key: missing, of other
// types, out of bounds, and odd JSON around them. For both profiles.

import { startOfTests as now } from "../support/fake_clock.ts"
import { type Forge, forgeIssuer, type Members } from "../support/forge.ts"
import { accepted, type Expectation, each, refused, refusedForged, type Vector } from "./vector.ts"

const wrongForInstants = [undefined, "1", "", true, false, null, [], [now + 60], {}, 1.5, -1, "now"]
const wrongForNames = [undefined, "", null, 1, 0, true, false, [], ["alice"], {}, { $ne: null }]

/** What stands under `sid` and is no session of ours. */
export const sidsOfOthers: readonly unknown[] = [
  ...wrongForNames,
  "s".repeat(21),
  "s".repeat(23),
  `${"s".repeat(22)}\n`,
  `${"s".repeat(21)}=`,
  `${"s".repeat(21)}+`,
  `${"s".repeat(21)} `,
  `${"s".repeat(21)}\u00e4`,
  ["s".repeat(22)],
  "0a4c8a0e-55a0-4b7c-8a5b-3d9c3e0b7a11",
  "__proto__",
]

/** Number texts that JSON.stringify would not write. */
const oddNumbers = ["1e999", "-1e999", "NaN", "Infinity", "0x7fffffff", "+1", "01", "1e400"]

const instants: Vector[] = [
  ...each(wrongForInstants, (exp, name) => claims(`J-31 exp ${name}`, { exp })),
  ...each([0, now - 900, now, 1], (exp, name) =>
    claims(`J-31 exp ${name}, not after iat`, { exp }),
  ),
  claims("J-31 exp past", { iat: now - 901, exp: now - 1 }, "Token has expired"),
  claims("J-31 exp now", { iat: now - 900, exp: now }, "Token has expired"),
  claims("T-12 exp in a second", { iat: now - 899, exp: now + 1 }, "accepted"),
  claims("T-12 a life of a day", { exp: now + 86_400 }, "accepted"),
  claims("T-12 a life of a day and a second", { exp: now + 86_401 }),
  ...each(
    [
      now * 1000,
      253_402_300_799,
      Number.MAX_SAFE_INTEGER,
      1e10,
      1e300,
      now + 60.5,
      Number.MAX_VALUE,
      2 ** 53,
    ],
    (exp, name) => claims(`J-32 exp ${name}`, { exp }),
  ),
  ...each(oddNumbers, (number) => oddNumber(`J-32 exp ${number}`, "exp", number)),
  ...each(oddNumbers, (number) => oddNumber(`J-33 iat ${number}`, "iat", number)),
  ...each(oddNumbers, (number) => oddNumber(`J-33 nbf ${number}`, "nbf", number)),
  ...each(wrongForInstants, (iat, name) => claims(`J-33 iat ${name}`, { iat })),
  claims("J-33 iat in an hour", { iat: now + 3600, exp: now + 4500 }),
  claims("J-33 iat ten years ago", { iat: now - 315_360_000 }),
  claims("J-33 iat in 5 seconds", { iat: now + 5 }, "accepted"),
  claims("J-33 iat in 6 seconds", { iat: now + 6 }),
  claims("J-33 iat a fraction", { iat: now - 0.5 }),
  claims("J-33 iat 900 seconds ago", { iat: now - 900 }, "accepted"),
  ...each(wrongForInstants.slice(1), (nbf, name) => claims(`J-33 nbf ${name}`, { nbf })),
  claims("J-33 nbf in an hour", { nbf: now + 3600 }),
  claims("J-33 nbf in 6 seconds", { nbf: now + 6 }),
  claims("J-33 nbf in 5 seconds", { nbf: now + 5 }, "accepted"),
  claims("J-33 nbf past", { nbf: now - 60 }, "accepted"),
]

const names: Vector[] = [
  ...each(wrongForNames, (sub, name) => claims(`J-36 sub ${name}`, { sub })),
  ...each(wrongForNames, (jti, name) => claims(`J-36 jti ${name}`, { jti })),
  ...each(
    [
      "alice\0",
      "alice\n",
      "alice\r\nX: y",
      " alice",
      "alice bob",
      "x".repeat(255),
      "x".repeat(2000),
      "\ud800",
      "\u00e4",
      "\u212aelvin",
      "\x7f",
      "\u2028",
    ],
    (sub, name) => claims(`J-36 sub ${name}`, { sub }),
  ),
  ...each(
    ["__proto__", "x\0", "x\n", "x y", "x".repeat(129), "\u00e4", "{}", "a/b", "a:b", "\ud800"],
    (jti, name) => claims(`J-36 jti ${name}`, { jti }),
  ),
  claims("T-14 the longest sub", { sub: "x".repeat(254) }, "accepted"),
  claims("T-14 the longest jti", { jti: "x".repeat(128) }, "accepted"),
  // A name like others: whether somebody has it, the store knows.
  claims("T-14 sub __proto__", { sub: "__proto__" }, "accepted"),
]

const kinds: Vector[] = [
  ...each(
    [undefined, null, "", 1, true, [], {}, ["access"], "Access", "access ", "id", "reset", "csrf"],
    (type, name) => claims(`J-48 type ${name}`, { type }),
  ),
  ...each([null, "true", "", [], {}, [true]], (fresh, name) =>
    claims(`T-14 fresh ${name}`, { fresh }),
  ),
  claims("T-14 without fresh", { fresh: undefined }, "accepted"),
  ...each(["1", -1, 1.5, true, [], {}, now + 6], (auth_time, name) =>
    claims(`T-14 auth_time ${name}`, { auth_time }),
  ),
  claims("a claim of somebody else", { department: { id: 7 } }, "accepted"),
]

const strangers: Vector[] = [
  ...each([null, 1, "", [], {}, [forgeIssuer], true], (iss, name) =>
    claims(`J-34 iss ${name}`, { iss }),
  ),
  ...each([null, 1, "", {}, [], [""], [null], [[forgeIssuer]], { 0: forgeIssuer }], (aud, name) =>
    claims(`J-35 aud ${name}`, { aud }),
  ),
]

const oddJson: Vector[] = [
  ...each(["[]", "[1]", '"alice"', "null", "1", "true", "{}", " ", "{", "alice", "\0"], (payload) =>
    refusedForged(`J-37 ${payload}`, () => ({ payload })),
  ),
  payloadText("J-37 as list", (good) => `[${good}]`),
  payloadText("J-37 a byte order mark", (good) => `\ufeff${good}`),
  payloadText("J-37 two objects", (good) => good + good),
  payloadText("J-37 trailing bytes", (good) => `${good}x`),
  payloadText("J-37 a trailing NUL", (good) => `${good}\0`),
  payloadText("J-37 a trailing comma", (good) => `${good.slice(0, -1)},}`),
  payloadText("J-37 sub twice", (good) => addMember(good, '"sub":"bob"')),
  payloadText("J-37 sub twice, first", (good) => `{"sub":"bob",${good.slice(1)}`),
  payloadText("J-37 the same sub twice", (good) => addMember(good, '"sub":"alice"')),
  payloadText("J-37 sub twice, once escaped", (good) => addMember(good, '"\\u0073ub":"bob"')),
  payloadText("J-37 exp twice", (good) => addMember(good, '"exp":9999999999')),
  payloadText("J-37 a member twice, deep", (good) => addMember(good, '"x":[{"a":1,"a":1}]')),
  payloadText("J-37 blank after a colon", (good) => good.replace(":", ": ")),
  payloadText("J-37 blank after a comma", (good) => good.replace(",", ", ")),
  payloadText("J-37 line ends", (good) => JSON.stringify(JSON.parse(good), null, 2)),
  payloadText("J-37 trailing blank", (good) => `${good} `),
  payloadText("J-40 leading blank", (good) => ` ${good}`),
  payloadText("J-40 leading line end", (good) => `\n${good}`),
  payloadText("J-37 __proto__ with the claims", (good) => `{"__proto__":${good}}`),
  payloadText("J-37 __proto__ beside them", (good) => addMember(good, '"__proto__":{"sub":"bob"}')),
  payloadText("J-37 invalid UTF-8", (good) => withBytes(good, [0xff])),
  payloadText("J-37 overlong UTF-8", (good) => withBytes(good, [0xc0, 0xaf])),
  payloadText("J-37 a surrogate in UTF-8", (good) => withBytes(good, [0xed, 0xa0, 0x80])),
  payloadText("J-37 cut UTF-8", (good) => withBytes(good, [0xe2, 0x82])),
  payloadText("J-37 UTF-16", (good) => Buffer.from(good, "utf16le")),
  payloadText("J-37 depth 1500", (good) =>
    addMember(good, `"x":${"[".repeat(1500)}${"]".repeat(1500)}`),
  ),
]

/** Vectors for any deployment. */
export const claimVectors: readonly Vector[] = [
  ...instants,
  ...names,
  ...kinds,
  ...strangers,
  ...oddJson,
]

/** A validly signed token with changed claims, refused by default. */
export function claims(
  id: string,
  payload: Members,
  expect: Expectation = "Invalid token",
): Vector {
  return { id, make: (forge) => forge.token({ payload }), expect }
}

/** A validly signed token whose payload's text is made from the good one, refused. */
export function payloadText(
  id: string,
  change: (good: string, forge: Forge) => string | Buffer,
): Vector {
  return refused(id, (forge) => forge.token({ payload: change(forge.payloadText(), forge) }))
}

/** The same, accepted. */
export function acceptedText(id: string, change: (good: string) => string): Vector {
  return accepted(id, (forge) => forge.token({ payload: change(forge.payloadText()) }))
}

/** A number as JSON text that JSON.stringify does not write, in the place of a claim's own. */
function oddNumber(id: string, claim: string, number: string): Vector {
  return refused(id, (forge) => {
    const text = forge.payloadText({ [claim]: "ODD" })
    return forge.token({ payload: text.replace('"ODD"', number) })
  })
}

function addMember(object: string, member: string): string {
  return `${object.slice(0, -1)},${member}}`
}

function withBytes(good: string, bytes: readonly number[]): Buffer {
  const [head, tail] = addMember(good, '"x":"|"').split("|")
  return Buffer.concat([Buffer.from(head ?? ""), Buffer.from(bytes), Buffer.from(tail ?? "")])
}
