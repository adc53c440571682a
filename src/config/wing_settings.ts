// The settings of the wings: the part of the table (settings.ts) that is about second factors,
// pages and protected hosts, and metrics.

import type { FactorRequirement } from "../domain/factor_requirement.ts"
import { isRole } from "../service/user_rights.ts"
import type { Setting } from "./setting.ts"
import { duration, host, oneOf, SettingMistake, wholeNumber } from "./values.ts"

const hour = 3600
const day = 24 * hour
const nameLengthMax = 60

/** The settings of second factors. */
export const factorSettings = {
  requireMfa: {
    name: "POSTERN_REQUIRE_MFA",
    parse: requirement,
    fallback: "none",
    help: "Who must log in with a second factor, or set one up at the next login: none, role=NAME or all.",
  },
  trustSeconds: {
    name: "POSTERN_TRUST_DEVICE",
    parse: duration({ least: hour, most: 400 * day }),
    fallback: null,
    shownDefault: "never",
    help: "For how long a device that a user trusts needs no second factor to log in (gives aal1), such as 30d.",
  },
} as const satisfies Record<string, Setting>

/** The settings of the browser wing. */
export const browserSettings = {
  protect: {
    name: "POSTERN_PROTECT",
    // The lines are read when the address of the login page is known (protect.ts).
    parse: String,
    fallback: null,
    shownDefault: "nothing",
    help: "Hosts that need a login at your proxy, one a line: host, then rules such as open= role= mfa.",
    mayBeFile: true,
    mayHold: "\n\t",
  },
  pages: {
    name: "POSTERN_PAGES",
    parse: oneOf(["on", "off"]),
    fallback: "off",
    help: "Login page, account page and cookies: on or off. With POSTERN_PROTECT they are always on.",
  },
  name: {
    name: "POSTERN_NAME",
    parse: pageName,
    fallback: "Postern",
    help: "The name that pages show, at most 60 characters.",
  },
} as const satisfies Record<string, Setting>

/** The settings of metrics. */
export const metricsSettings = {
  metricsPort: {
    name: "POSTERN_METRICS_PORT",
    parse: wholeNumber(0, 65_535),
    fallback: null,
    shownDefault: "none",
    help: "Port at which Prometheus reads /metrics, without a login: keep it private. 0 picks a free one.",
  },
  metricsHost: {
    name: "POSTERN_METRICS_HOST",
    parse: host,
    fallback: "127.0.0.1",
    help: "Address of the port for metrics. In the image: 0.0.0.0.",
  },
} as const satisfies Record<string, Setting>

function requirement(value: string): FactorRequirement {
  if (value === "none" || value === "all") return { kind: value }
  const role = value.startsWith("role=") ? value.slice("role=".length) : ""
  if (isRole(role)) return { kind: "role", role }
  throw new SettingMistake(`'${value}' does not say who`, "none, all, or one role: role=admin")
}

function pageName(value: string): string {
  const name = value.trim()
  if (name !== "" && [...name].length <= nameLengthMax && !/[\p{Cf}<>]/u.test(name)) return name
  const hint = `1 to ${nameLengthMax} characters, without < and >`
  throw new SettingMistake(`'${value}' can't be the name`, hint)
}
