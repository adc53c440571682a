// Checks a line of a file with users by itself: whether it is a user whom the store would take.

import type { JsonObject } from "../../domain/strict_json.ts"
import type { User } from "../../domain/user.ts"
import { isReservedName, quotedName } from "../../domain/username.ts"
import { AuthError } from "../../errors.ts"
import type { JudgeCost } from "../../password/legacy/comparison_costs.ts"
import { type FirebaseParameters, firebaseText } from "../../password/legacy/firebase.ts"
import { readForeignHash } from "../../password/legacy/foreign_texts.ts"
import { readImportedUser, writeImportedUser } from "../../service/imported_user.ts"
import type { ReadLine } from "./formats.ts"
import type { Line } from "./lines.ts"

/** A line that is a user. */
export interface UserLine {
  readonly number: number
  readonly user: User
  /** The user as a command has it. */
  readonly members: JsonObject
  /** What is odd about it; null for nothing. */
  readonly note: string | null
}

/** A line that is a user, or that has a mistake. No fault quotes it: it may be a password. */
export type CheckedLine = UserLine | { readonly number: number; readonly fault: string }

interface LineCheckOptions {
  readonly readLine: ReadLine
  readonly judgeCost: JudgeCost
  /** Of Firebase's hashes, if there are some. */
  readonly firebase: FirebaseParameters | null
  readonly now: number
}

/** Makes a check. It gives null for a line that says nothing. */
export function createLineCheck({ readLine, judgeCost, firebase, now }: LineCheckOptions) {
  return async ({ number, text, fault }: Line): Promise<CheckedLine | null> => {
    if (fault !== null) return { number, fault }
    const reading = readLine(text)
    if (reading === null) return null
    if ("fault" in reading) return { number, ...reading }
    const hashed = withStoredHash(reading.members, firebase)
    if ("fault" in hashed) return { number, ...hashed }
    const user = readUser(hashed.members, now)
    if (typeof user === "string") return { number, fault: user }
    const dear = await judgeCost(user.passwordHash)
    if (dear !== null) return { number, fault: dear }
    return { number, user, members: writeImportedUser(user), note: noteOf(user) }
  }
}

/** The members, with the hash as the store keeps it. */
function withStoredHash(
  { salt, ...members }: JsonObject,
  firebase: FirebaseParameters | null,
): { readonly members: JsonObject } | { readonly fault: string } {
  const { password_hash: given } = members
  if (typeof given !== "string") return { members }
  if (typeof salt === "string" && firebase === null) {
    return { fault: "there is a salt: --firebase-hash-config must name Firebase's parameters" }
  }
  const text =
    typeof salt === "string" && firebase !== null
      ? firebaseText({ hash: given, salt }, firebase)
      : given
  const reading = readForeignHash(text)
  return "fault" in reading ? reading : { members: { ...members, password_hash: reading.hash } }
}

function readUser(members: JsonObject, now: number): User | string {
  try {
    return readImportedUser(members, now)
  } catch (error) {
    if (error instanceof AuthError) return error.message
    // Of JSON that is nested deeper than the stack.
    if (error instanceof RangeError) return "the line is nested too deep"
    throw error
  }
}

function noteOf({ username }: User): string | null {
  if (!isReservedName(username)) return null
  return `nobody can register the name ${quotedName(username)}: is this your own user?`
}
