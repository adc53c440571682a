// The cookies of the login host: which session a browser has, and what it gets after a login.

import { callerOf } from "../http/caller.ts"
import { cookieNames, deleteCookie, readCookie, setCookie } from "../http/cookies.ts"
import type { RequestHead } from "../http/message.ts"
import { devicesSeconds, withUserToken } from "../service/browser/user_tokens.ts"
import type { NewTrust } from "../service/device_trust.ts"
import type { StartedLogin } from "../service/session_start.ts"
import type { BrowserSession, PageParts } from "./page_parts.ts"

/** The session of the browser that sent a request, or null. */
export async function findSession(
  head: RequestHead,
  { cookieSessions, site }: PageParts,
): Promise<BrowserSession | null> {
  const value = readCookie(head, cookieNames.session)
  if (value === null) return null
  return cookieSessions.find("master", { value, host: site.host }, callerOf(head))
}

/** The cookies after a login: of the session, of the devices, and of trust when it was given. */
export function cookiesOfLogin(
  head: RequestHead,
  { session, user, deviceToken, trust }: StartedLogin,
  { cookieSessions, site, keys }: PageParts,
): readonly string[] {
  const value = cookieSessions.valueOf("master", { sid: session.sid, host: site.host })
  const { startedAt, expiresAt } = session
  // The whole life: an unused session ends before, and then nothing finds it by this cookie.
  const life = cookieSessions.stays(session) ? { maxAgeSeconds: expiresAt - startedAt } : {}
  const { username } = user
  const cookie = readCookie(head, cookieNames.devices)
  const devices = { kind: "device", cookie, key: keys.refreshKey() } as const
  return [
    setCookie(cookieNames.session, { value, ...life }),
    setCookie(cookieNames.devices, {
      value: withUserToken({ username, token: deviceToken }, devices),
      maxAgeSeconds: devicesSeconds,
    }),
    ...(trust === undefined ? [] : [trustCookie(trust)]),
  ]

  function trustCookie({ device, token }: NewTrust): string {
    const cookie = readCookie(head, cookieNames.trust)
    const value = withUserToken(
      { username, token },
      { kind: "trust", cookie, key: keys.cookieKey() },
    )
    const maxAgeSeconds = device.expiresAt - device.createdAt
    return setCookie(cookieNames.trust, { value, maxAgeSeconds })
  }
}

/** Ends what a browser has: its session's cookie. Devices and trust stay: they open nothing. */
export const cookiesOfLogout: readonly string[] = [deleteCookie(cookieNames.session)]
