// The settings of the browser wing: the part of the table (settings.ts) that is about the login
// page and the hosts that it protects.

import type { Setting } from "./setting.ts"
import { oneOf, SettingMistake } from "./values.ts"

const nameLengthMax = 60

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

function pageName(value: string): string {
  const name = value.trim()
  if (name !== "" && [...name].length <= nameLengthMax && !/[\p{Cf}<>]/u.test(name)) return name
  const hint = `1 to ${nameLengthMax} characters, without < and >`
  throw new SettingMistake(`'${value}' can't be the name`, hint)
}
