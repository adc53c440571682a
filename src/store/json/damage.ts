// What makes a start stop: a file of the store that is not as it must be, or not as this version
// reads it.

import { exitCodes, OperatorError } from "../../errors.ts"
import { newerHint } from "../../system/newer_version.ts"

/** The place in a file, and what is wrong there. */
export class StoreDamage extends Error {
  override readonly name: string = "StoreDamage"
  readonly place: string

  constructor(place: string, why: string) {
    super(why)
    this.place = place
  }
}

/**
 * The same of a file that is whole, but of a later version: it says so, or its sum fits a text that
 * this version would not have written.
 */
export class NewerStore extends StoreDamage {
  override readonly name = "NewerStore"
}

/** Adds the file's name to what was found there. */
export async function naming<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof StoreDamage)) throw error
    const why = `${error.place}: ${error.message}`
    if (!(error instanceof NewerStore)) throw damage(path, why)
    throw new OperatorError(`The store was written by a newer Postern: '${path}': ${why}`, {
      hint: `Nothing was changed. ${newerHint}`,
      exitCode: exitCodes.damagedData,
    })
  }
}

/** Damage of a file as the operator hears of it. */
export function damage(path: string, why: string): OperatorError {
  return new OperatorError(`The store can't be read: '${path}': ${why}`, {
    hint: "Nothing was changed. Restore the data directory from a backup, all of its files together.",
    exitCode: exitCodes.damagedData,
  })
}
