// The members of a user's factors as the JSON store's files have them.

import { isJsonObject } from "../../domain/strict_json.ts"
import { isOwnHash } from "../../password/phc.ts"

type Check = (value: unknown) => boolean

/** Far above what a user can have. */
const listMax = 1000
/** A COSE key of RSA with 4096 bits has about 700 characters. */
const lengthMax = 4096

const pendingTotp = { id: isId, sealedSecret: isText, expiresAt: isCount }

const totp = {
  ...{ id: isId, sealedSecret: isText, createdAt: isCount },
  ...{ lastUsedAt: orNull(isCount), lastStep: isCount },
}

const recoveryCode = {
  index: isCount,
  hash: (value: unknown) => typeof value === "string" && isOwnHash(value),
}

const passkey = {
  ...{ id: isId, credentialId: isText, publicKey: isText, counter: isCount },
  ...{ isSynced: isBoolean, transports: listOf(isText), name: isText },
  ...{ createdAt: isCount, lastUsedAt: orNull(isCount) },
}

const ticket = { id: isId, expiresAt: isCount, tries: isCount, isUsed: isBoolean }

const trustedDevice = {
  ...{ id: isId, userAgent: isText, createdAt: isCount, expiresAt: isCount },
}

/** Whether a value is what domain/factors.ts says of a user's factors. */
export const isFactors: Check = recordOf({
  handle: isId,
  totp: orNull(recordOf(totp)),
  pendingTotp: orNull(recordOf(pendingTotp)),
  recoveryCodes: listOf(recordOf(recoveryCode)),
  passkeys: listOf(recordOf(passkey)),
  failures: isCount,
  tickets: listOf(recordOf(ticket)),
  trusted: listOf(recordOf(trustedDevice)),
})

function recordOf(members: Readonly<Record<string, Check>>): Check {
  const checks = Object.entries(members)
  return (value) =>
    isJsonObject(value) &&
    Object.keys(value).length === checks.length &&
    checks.every(([name, check]) => Object.hasOwn(value, name) && check(value[name]))
}

function listOf(check: Check): Check {
  return (value) => Array.isArray(value) && value.length <= listMax && value.every(check)
}

function orNull(check: Check): Check {
  return (value) => value === null || check(value)
}

function isId(value: unknown): boolean {
  return typeof value === "string" && /^[\w-]{1,128}$/.test(value)
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value.length <= lengthMax
}

function isBoolean(value: unknown): boolean {
  return typeof value === "boolean"
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
