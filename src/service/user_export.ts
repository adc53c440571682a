// All users as `postern user export` gets them: what an import takes, and whether something stays
// behind.

import { isEnrolled } from "../domain/factors.ts"
import type { JsonObject } from "../domain/strict_json.ts"
import type { User } from "../domain/user.ts"
import type { GivenAnswer, LongAnswerParts } from "./given_answer.ts"
import { writeImportedUser } from "./imported_user.ts"

/** A line of an export. */
export interface ExportedUser {
  readonly user: JsonObject
  /** Whether the user has second factors, which are not exported. */
  readonly hasFactors: boolean
}

/** All users with their password hashes, a JSON object on each line. */
export function openUserExport({ store }: Pick<LongAnswerParts, "store">): GivenAnswer {
  async function* pieces(): AsyncIterable<Uint8Array> {
    for await (const slice of store.users.slices()) yield Buffer.from(slice.map(lineOf).join(""))
  }
  return { value: null, pieces: pieces() }
}

function lineOf(user: User): string {
  const exported = { user: writeImportedUser(user), hasFactors: isEnrolled(user.factors) }
  return `${JSON.stringify(exported satisfies ExportedUser)}\n`
}
