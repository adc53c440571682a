// Parsers for the values of settings. Each gives the value of a text, or throws a SettingMistake
// that says what is wrong and what would be right.

import { secondsPerUnit } from "../domain/duration.ts"
import { canonicalUsername, usernameRule } from "../domain/username.ts"
import { isPossiblePassword } from "../password/text.ts"
import { type Algorithm, isPublished, isShared } from "../token/keys/algorithms.ts"

/** A mistake in a value. Message and hint never quote a secret. */
export class SettingMistake extends Error {
  override readonly name = "SettingMistake"
  readonly hint: string

  constructor(message: string, hint: string) {
    super(message)
    this.hint = hint
  }
}

/** Reports a mistake in a setting, or in how settings go together. */
export type ReportMistake = (name: string, problem: string, hint: string) => void

/** A user for an empty store. */
export interface SeedUser {
  readonly username: string
  readonly password: string
}

const namesLengthMax = 255

/** An address or a name to listen at. */
export function host(value: string): string {
  if (/^[a-z0-9._:-]{1,255}$/i.test(value)) return value
  throw new SettingMistake(`'${value}' is not an address`, "For example 127.0.0.1, 0.0.0.0 or ::1")
}

/** A whole number within bounds. */
export function wholeNumber(least: number, most: number): (value: string) => number {
  return (value) => {
    const number = Number(value)
    if (/^\d{1,9}$/.test(value) && number >= least && number <= most) return number
    throw new SettingMistake(`'${value}' is not valid`, kubernetesHint(value, least, most))
  }
}

// A Kubernetes Service named postern puts POSTERN_PORT=tcp://… into every pod beside it.
function kubernetesHint(value: string, least: number, most: number): string {
  if (!value.startsWith("tcp://")) return `A whole number from ${least} to ${most}`
  return "Kubernetes sets this for a Service named postern: set enableServiceLinks: false"
}

/** One of a few words. */
export function oneOf<T extends string>(words: readonly T[]): (value: string) => T {
  return (value) => {
    const word = words.find((known) => known === value)
    if (word !== undefined) return word
    throw new SettingMistake(`'${value}' is not valid`, `One of ${words.join(", ")}`)
  }
}

/** A time in whole seconds (`900`) or with a unit (`90s`, `15m`, `1h`, `30d`), as seconds. */
export function duration(bounds: {
  readonly least: number
  readonly most: number
}): (value: string) => number {
  const { least, most } = bounds
  return (value) => {
    const found = /^(\d{1,9})([smhd]?)$/.exec(value)
    const seconds = Number(found?.[1]) * (secondsPerUnit[found?.[2] || "s"] ?? 1)
    if (found !== null && seconds >= least && seconds <= most) return seconds
    throw new SettingMistake(
      `'${value}' is not a duration`,
      `Seconds (900) or with a unit (90s, 15m, 1h, 30d), from ${inUnits(least)} to ${inUnits(most)}; there is no value for never`,
    )
  }
}

function inUnits(seconds: number): string {
  const [unit, size] = Object.entries(secondsPerUnit).findLast(
    ([, one]) => seconds >= one && seconds % one === 0,
  ) ?? ["s", 1]
  return `${seconds / size}${unit}`
}

/** An issuer or an audience as text: one name, without blanks. */
export function claimName(value: string): string {
  if (/^[\x21-\x7e]{1,255}$/.test(value) && value !== "*") return value
  throw new SettingMistake(`'${value}' is not a name`, "One name or address, without blanks")
}

/** Issuers or audiences, separated by commas. */
export function claimNames(value: string): readonly string[] {
  const list = value.split(",").map((name) => name.trim())
  const isList = list.every((name) => /^[\x21-\x7e]+$/.test(name) && name !== "*")
  if (isList && new Set(list).size === list.length && value.length <= namesLengthMax) return list
  throw new SettingMistake(`'${value}' is not a list of names`, "One name, or several: app,api")
}

/** The name of a signature algorithm. */
export function algorithm(value: string): Algorithm {
  if (isPublished(value) || isShared(value)) return value
  throw new SettingMistake(
    `'${value}' is not an algorithm known here`,
    "ES256, EdDSA, PS256 or RS256; with JWT_SECRET_KEY: HS256, HS384 or HS512",
  )
}

/** The beginning of a path of other systems, which looks like a name and a password. */
const pathStart = /^(?:[a-z]:[\\/]|file:\/\/)/i

/**
 * `name:password,name:password`, or a user a line, where passwords may have commas. Blank lines and
 * lines that begin with `#` are skipped.
 */
export function seedUsers(value: string): readonly SeedUser[] {
  const hint = `Write name:password, with commas between users or one user per line. A name has ${usernameRule}`
  const lines = value.split("\n").filter((line) => !/^\s*(#|$)/.test(line))
  const pairs = lines.length > 1 ? lines : (lines[0]?.split(",") ?? [])
  const users = pairs.map((pair, index) => {
    const colon = pair.indexOf(":")
    const username = colon === -1 ? null : canonicalUsername(pair.slice(0, colon))
    const password = pair.slice(colon + 1)
    // Several users on one of many lines: the first would get the rest of the line as password.
    const isOne = !/,.*:/.test(password) && !pathStart.test(pair)
    // A list that continues on the next line: the password would end with a comma.
    const isWrapped = password.endsWith(",") && index < pairs.length - 1
    if (username === null || !isPossiblePassword(password) || !isOne || isWrapped) {
      throw new SettingMistake(`Entry ${index + 1} is not name:password`, hint)
    }
    return { username, password }
  })
  if (users.length === 0) throw new SettingMistake("It names no user", hint)
  if (new Set(users.map(({ username }) => username)).size === users.length) return users
  throw new SettingMistake("It names a user twice", hint)
}
