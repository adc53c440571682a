// The members of a user's factors as the JSON store's files have them.

import { isOwnHash } from "../../password/phc.ts"
import {
  type Check,
  isBoolean,
  isCount,
  listOf,
  orNull,
  recordOf,
  textThat,
} from "./record_checks.ts"

/** Far above what a user can have. */
const listMax = 1000
/** A COSE key of RSA with 4096 bits has about 700 characters. */
const lengthMax = 4096

const isId = textThat((text) => /^[\w-]{1,128}$/.test(text))
const isText = textThat((text) => text.length <= lengthMax)
const few = (check: Check) => listOf(check, listMax)

const pendingTotp = { id: isId, sealedSecret: isText, expiresAt: isCount }

const totp = {
  ...{ id: isId, sealedSecret: isText, createdAt: isCount },
  ...{ lastUsedAt: orNull(isCount), lastStep: isCount },
}

const recoveryCode = {
  index: isCount,
  hash: textThat(isOwnHash),
}

const passkey = {
  ...{ id: isId, credentialId: isText, publicKey: isText, counter: isCount },
  ...{ isSynced: isBoolean, transports: few(isText), name: isText },
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
  recoveryCodes: few(recordOf(recoveryCode)),
  passkeys: few(recordOf(passkey)),
  failures: isCount,
  tickets: few(recordOf(ticket)),
  trusted: few(recordOf(trustedDevice)),
})
