// /admin/keys: the keys that sign tokens. Each reply shows all of them, with the ETag for changes.

import { tagOf } from "../../http/entity_tag.ts"
import type { Handler } from "../../http/guard.ts"
import { json, type Reply } from "../../http/message.ts"
import { readSegment } from "../../http/path_segment.ts"
import type { Keys } from "../../service/keys.ts"
import { type AdminContext, type AdminParts, readReply, runSeen } from "./admin_parts.ts"

/** Answers the keys, never their secrets. */
export function listKeys({ keys }: AdminParts): Handler<AdminContext> {
  return async (head) => readReply(shownKeys(keys), keys.version(), head)
}

/** Publishes a new key. */
export function rotateKeys(parts: AdminParts): Handler<AdminContext> {
  return async (head, { principal }) => {
    await runSeen({ command: "key.rotate" }, { head, principal, parts })
    return keysReply(parts.keys)
  }
}

/** Drops a key, and all tokens that it signed. */
export function retireKey(parts: AdminParts): Handler<AdminContext> {
  return async (head, context) => {
    const { principal } = context
    const kid = readSegment(context, "kid")
    await runSeen({ command: "key.retire", kid }, { head, principal, parts })
    return keysReply(parts.keys)
  }
}

function keysReply(keys: Keys): Reply {
  return json(200, shownKeys(keys), { ETag: tagOf(keys.version()) })
}

function shownKeys(keys: Keys) {
  return {
    keys: keys.list().map(({ kid, alg, state, publishedAt, signsFrom, keptUntil }) => ({
      ...{ kid, alg, state },
      ...{ published_at: publishedAt, signs_from: signsFrom, kept_until: keptUntil },
    })),
  }
}
