// What went wrong, as a page: beside the fields of a form, or as a page of its own.

import { AuthError, type ErrorCode, Unavailable } from "../errors.ts"
import type { HttpRequest, Reply } from "../http/message.ts"
import type { Waiting } from "./fields.ts"
import type { Html } from "./html.ts"
import type { Site } from "./layout.ts"
import { type FaultView, faultPage } from "./message_pages.ts"
import { pageReply } from "./page_reply.ts"
import { texts } from "./texts.ts"

/** The page in the place of an error reply. */
export function faultReply(
  error: unknown,
  { reply, request }: { readonly reply: Reply; readonly request: HttpRequest },
  site: Site,
): Reply {
  const view = viewOf(error, site) ?? { ...ofBug, requestId: request.id }
  const retryAfterSeconds = waitOf(error)
  return pageReply(faultPage(view, site), { status: reply.status, retryAfterSeconds })
}

/** What can be wrong with a form, and the status of the page that says so. */
const statuses = {
  too_many: 429,
  busy: 503,
  no_username: 400,
  no_password: 400,
  no_code: 400,
  no_current: 400,
  no_new: 400,
  // Not 401: that would need a challenge, and no browser can answer one here.
  wrong: 403,
  wrong_current: 403,
  passkey: 403,
  stale: 400,
  not_added: 400,
  refused: 400,
  // Pages after a redirect.
  late: 200,
  codes: 200,
} as const satisfies Record<string, number>

type FaultKind = keyof typeof statuses

/** What is wrong with a form: one of these kinds, or something that only time can help. */
export type Fault<K extends FaultKind> = { readonly kind: K } | Waiting

/** A refusal, with a sentence that says why. */
export interface Refused<K extends string = "refused"> {
  readonly kind: K
  readonly reason: string
}

type RefusedFor<K extends string> = K extends string ? Refused<K> : never

/**
 * What is wrong with a form, by the code of the error. "over": its login has ended. Throws errors
 * of other codes.
 */
export function faultOf<const K extends FaultKind | "over">(
  error: unknown,
  kinds: Partial<Readonly<Record<ErrorCode, K>>>,
): RefusedFor<K> | Waiting {
  const waitSeconds = waitOf(error)
  if (waitSeconds !== null) {
    return { kind: error instanceof Unavailable ? "busy" : "too_many", waitSeconds }
  }
  const kind = error instanceof AuthError ? kinds[error.code] : undefined
  if (kind === undefined) throw error
  return { kind, reason: `${(error as AuthError).message}.` } as RefusedFor<K>
}

/** A page with a form that was not sent yet, or that did nothing. */
export function formReply(page: Html, fault: Fault<FaultKind> | null): Reply {
  if (fault === null) return pageReply(page)
  const retryAfterSeconds = "waitSeconds" in fault ? fault.waitSeconds : null
  return pageReply(page, { status: statuses[fault.kind], retryAfterSeconds })
}

/** Waits for a removal. What was removed before is as good. */
export async function unlessGone(removal: Promise<unknown>): Promise<void> {
  try {
    await removal
  } catch (error) {
    if (!(error instanceof AuthError) || error.code !== "not_found") throw error
  }
}

const ofBug: FaultView = { title: texts.fault.broken, lead: texts.fault.brokenLead }

function viewOf(error: unknown, site: Site): FaultView | null {
  const { fault, refused } = texts
  if (error instanceof Unavailable) {
    return { title: fault.busy, lead: fault.busyLead(error.retryAfterSeconds) }
  }
  if (!(error instanceof AuthError)) return null
  if (error.retryAfterSeconds !== null) {
    return { title: fault.tooMany, lead: refused.tooManyHelp(error.retryAfterSeconds) }
  }
  if (error.reason === "unlisted_host") {
    const link = { label: fault.home, href: "/account" }
    return { title: fault.to, lead: fault.toLead(site.name), link }
  }
  const isForm = error.code === "invalid_request" || error.code === "unsupported_media_type"
  return isForm
    ? { title: fault.form, lead: fault.formLead }
    : { title: fault.refused, lead: `${error.message}.` }
}

function waitOf(error: unknown): number | null {
  if (error instanceof Unavailable) return error.retryAfterSeconds
  return error instanceof AuthError ? error.retryAfterSeconds : null
}
