// /admin/keys: the keys that sign tokens. Each reply shows all of them, with the ETag for changes.

import { tagOf } from "../../http/entity_tag.ts"
import type { Handler } from "../../http/guard.ts"
import { json } from "../../http/message.ts"
import type { Keys } from "../../service/keys.ts"
import {
  type AdminContext,
  type AdminParts,
  readReply,
  runSeen,
  segmentsOf,
} from "./admin_parts.ts"

/** Answers the keys, never their secrets. */
export function listKeys({ keys }: AdminParts): Handler<AdminContext> {
  return async (head) => readReply(shownKeys(keys), keys.version(), head)
}

/** Publishes a new key, or drops the key of the path and all tokens that it signed. */
export function changeKeys(
  command: "key.rotate" | "key.retire",
  parts: AdminParts,
): Handler<AdminContext> {
  return async (head, context) => {
    const asked = { head, principal: context.principal, parts }
    await runSeen({ command, ...segmentsOf(context) }, asked)
    const { keys } = parts
    return json(200, shownKeys(keys), { ETag: tagOf(keys.version()) })
  }
}

function shownKeys(keys: Keys) {
  return {
    keys: keys.list().map(({ kid, alg, state, publishedAt, signsFrom, keptUntil }) => ({
      ...{ kid, alg, state },
      ...{ published_at: publishedAt, signs_from: signsFrom, kept_until: keptUntil },
    })),
  }
}
