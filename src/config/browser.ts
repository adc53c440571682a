// The settings of the browser wing together: whether it is on, and whether the address of the login
// page can carry it.

import type { ProtectedHost } from "../domain/access_rule.ts"
import { isLoopback } from "../system/address.ts"
import { readProtectedHosts } from "./protect.ts"
import { type ReadableValues, type SettingValues, settings } from "./settings.ts"
import type { ReportMistake } from "./values.ts"

/** The browser wing, when it is on. */
export interface BrowserConfig {
  /** The hosts that need a login; none with pages alone. */
  readonly hosts: readonly ProtectedHost[]
  /** The name that pages show. */
  readonly name: string
}

/**
 * The wing's settings; null when it is off. Reports all mistakes.
 * @param publicAddress undefined when POSTERN_ISSUER could not be read, or is not set
 */
export function browserConfig(
  values: ReadableValues,
  publicAddress: string | undefined,
  report: ReportMistake,
): BrowserConfig | null {
  const { protect, pages, name = "" } = values
  // Undefined is a setting that could not be read.
  if (protect == null && pages !== "on") return null
  const cause = protect == null ? settings.pages.name : settings.protect.name
  const login = publicAddress === undefined ? null : new URL(publicAddress)
  if (login !== null) reportAddress(login, cause, report)
  else if (values.issuer === null) {
    const hint = "Set it to the https address of the login page"
    report(settings.issuer.name, `${cause} needs it`, hint)
  }
  const hosts =
    protect == null
      ? []
      : readProtectedHosts(
          protect,
          login?.hostname.replace(/\.$/, ""),
          (line, { message, hint }) => {
            report(settings.protect.name, `Line ${line}: ${message}`, hint)
          },
        )
  if (protect != null && !/^\s*[^\s#]/m.test(protect)) {
    const hint = "Write a host in a line, such as photos.example.org, or unset it"
    report(settings.protect.name, "It lists no host", hint)
  }
  return Object.freeze({ hosts, name })
}

/** Warnings about the wing. */
export function browserNotices(values: SettingValues): readonly string[] {
  const { protect, trustedProxies, secretKey } = values
  if (protect === null) return []
  const notices = [
    trustedProxies === null &&
      "POSTERN_PROTECT is set and POSTERN_TRUSTED_PROXIES is not: /verify answers trusted proxies only, so nobody gets in. Set it to the address of your proxy",
    secretKey !== null &&
      "POSTERN_PROTECT is set together with JWT_SECRET_KEY: X-Postern-Token is empty, since no app could check a token by published keys",
  ]
  return notices.filter((one) => one !== false)
}

// Browsers take `__Host-` cookies over https only, or on this machine, and pages name each other by
// paths from the root.
function reportAddress(
  { protocol, hostname, pathname }: URL,
  cause: string,
  report: ReportMistake,
) {
  const name = settings.issuer.name
  if (protocol !== "https:" && !isLoopback(hostname)) {
    const hint = "Use an https address: browsers keep the login's cookie only over https"
    report(name, `${cause} needs https`, hint)
  }
  if (pathname !== "/") {
    const hint = "Give the login page a host of its own, such as https://login.example.org"
    report(name, `${cause} needs an address without a path`, hint)
  }
}
