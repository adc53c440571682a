// The settings of second factors: the part of the table (settings.ts) that is about them.

import type { FactorRequirement } from "../domain/factor_requirement.ts"
import { isRole } from "../service/user_rights.ts"
import type { Setting } from "./setting.ts"
import { duration, SettingMistake } from "./values.ts"

const hour = 3600
const day = 24 * hour

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

function requirement(value: string): FactorRequirement {
  if (value === "none" || value === "all") return { kind: value }
  const role = value.startsWith("role=") ? value.slice("role=".length) : ""
  if (isRole(role)) return { kind: "role", role }
  throw new SettingMistake(`'${value}' does not say who`, "none, all, or one role: role=admin")
}
