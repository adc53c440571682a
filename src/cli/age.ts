// Encrypts and decrypts backups as age does (age-encryption.org/v1), piece by piece. The only file
// that loads the package, and only when a recipient or an identity is given.

import { ReadableStream } from "node:stream/web"
import { exitCodes, OperatorError } from "../errors.ts"

/** How every encrypted file begins. */
export const ageHeader = "age-encryption.org/v1"

/** Turns pieces of bytes into others. */
export type Cipher = (pieces: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>

/**
 * Makes what encrypts to recipients: `age1…`, several with commas.
 * @throws OperatorError when one is none
 */
export async function encryptTo(recipients: string): Promise<Cipher> {
  const { Encrypter } = await import("age-encryption")
  const encrypter = new Encrypter()
  for (const recipient of recipients.split(",")) {
    try {
      encrypter.addRecipient(recipient.trim())
    } catch (cause) {
      throw new OperatorError("--encrypt-to: that is no recipient of age", {
        hint: "It begins with age1. `age-keygen -o key.txt` makes a key, and prints its recipient.",
        ...{ exitCode: exitCodes.usage, cause },
      })
    }
  }
  return async function* (pieces) {
    yield* await encrypter.encrypt(ReadableStream.from(pieces))
  }
}

/**
 * Makes what decrypts with the identities in the text of a file, as `age-keygen` writes it.
 * @throws OperatorError when there is none in it
 */
export async function decryptWith(text: string, place: string): Promise<Cipher> {
  const { Decrypter } = await import("age-encryption")
  const decrypter = new Decrypter()
  const identities = text.split("\n").filter((line) => !/^\s*(#|$)/.test(line))
  try {
    for (const identity of identities) decrypter.addIdentity(identity.trim())
    if (identities.length === 0) throw new TypeError("There is no identity")
  } catch {
    // The package's message may quote the key.
    throw new OperatorError(`The file ${place} has no identity of age`, {
      hint: "It has lines that begin with AGE-SECRET-KEY-1, as age-keygen writes them.",
      exitCode: exitCodes.usage,
    })
  }
  return async function* (pieces) {
    try {
      yield* await decrypter.decrypt(ReadableStream.from(pieces))
    } catch (cause) {
      if (cause instanceof OperatorError) throw cause
      throw new OperatorError(`The backup can't be decrypted with ${place}`, {
        hint: "Nothing was restored. Is it the key of the recipient? Else the file is damaged.",
        ...{ exitCode: exitCodes.damagedData, cause },
      })
    }
  }
}
