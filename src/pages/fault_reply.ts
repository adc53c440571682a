// What went wrong, as a page: for refusals and failures that no form can show beside its fields.

import { AuthError, Unavailable } from "../errors.ts"
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
  const view = viewOf(error) ?? { ...ofBug, requestId: request.id }
  const retryAfterSeconds = waitOf(error)
  return pageReply(faultPage(view, site), { status: reply.status, retryAfterSeconds })
}

/** Why a form did nothing, when only time can help; null when it is something else. */
export function waitingFault(error: unknown): Waiting | null {
  const waitSeconds = waitOf(error)
  if (waitSeconds === null) return null
  return { kind: error instanceof Unavailable ? "busy" : "too_many", waitSeconds }
}

const waitingStatuses: Readonly<Record<Waiting["kind"], number>> = { too_many: 429, busy: 503 }

/** A page with a form that did nothing, or with one that was not sent yet. */
export interface FormState<F extends { readonly kind: string }> {
  readonly fault: F | null
  /** By what was wrong, where time can't help. */
  readonly statuses: Readonly<Record<Exclude<F["kind"], Waiting["kind"]>, number>>
}

/** The page as a reply. */
export function formReply<F extends { readonly kind: string }>(
  page: Html,
  { fault, statuses }: FormState<F | Waiting>,
): Reply {
  if (fault === null) return pageReply(page)
  if ("waitSeconds" in fault) {
    const { kind, waitSeconds } = fault
    return pageReply(page, { status: waitingStatuses[kind], retryAfterSeconds: waitSeconds })
  }
  return pageReply(page, { status: statuses[fault.kind as keyof typeof statuses] })
}

const ofBug: FaultView = { title: texts.fault.broken, lead: texts.fault.brokenLead }

function viewOf(error: unknown): FaultView | null {
  const { fault, refused } = texts
  if (error instanceof Unavailable) {
    return { title: fault.busy, lead: fault.busyLead(error.retryAfterSeconds) }
  }
  if (!(error instanceof AuthError)) return null
  if (error.retryAfterSeconds !== null) {
    return { title: fault.tooMany, lead: refused.tooManyHelp(error.retryAfterSeconds) }
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
