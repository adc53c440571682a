// What the members of the store's records may be: checks of values, and what makes larger checks.

import { isJsonObject } from "../../domain/strict_json.ts"

/** Whether a value is what a member may be. */
export type Check = (value: unknown) => boolean

/** A JSON object with exactly these members. */
export function recordOf(members: Readonly<Record<string, Check>>): Check {
  const checks = Object.entries(members)
  return (value) =>
    isJsonObject(value) &&
    Object.keys(value).length === checks.length &&
    checks.every(([name, check]) => Object.hasOwn(value, name) && check(value[name]))
}

/** A list whose elements pass a check. */
export function listOf(check: Check, lengthMax = Number.POSITIVE_INFINITY): Check {
  return (value) => Array.isArray(value) && value.length <= lengthMax && value.every(check)
}

/** Null, or what passes a check. */
export function orNull(check: Check): Check {
  return (value) => value === null || check(value)
}

/** One of a few texts. */
export function oneOf(...texts: readonly string[]): Check {
  return textThat((text) => texts.includes(text))
}

/** A text that passes a check. */
export function textThat(check: (text: string) => boolean): Check {
  return (value) => typeof value === "string" && check(value)
}

/** True or false. */
export const isBoolean: Check = (value) => typeof value === "boolean"

/** A number of things or an instant. */
export const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0
