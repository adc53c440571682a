// Tells missing packages, or packages of another machine, from a bug. The password hash is native
// code, and npm installs only the build for the machine that it runs on.

import { exitCodes, OperatorError, systemCode } from "../errors.ts"
import { programVersion } from "../system/program_version.ts"

const codes: readonly string[] = [
  "ERR_MODULE_NOT_FOUND",
  "MODULE_NOT_FOUND",
  "ERR_PACKAGE_PATH_NOT_EXPORTED",
  "ERR_DLOPEN_FAILED",
  "ERR_DLOPEN_DISABLED",
]

/** Errors without a code: of the native binding, and of a package of another version. */
const texts = /native binding|does not provide an export named/i

/** What to do about it; bin/postern.js, which only a clone has, says the same of a clone. */
export const installHint =
  "Install the packages on this machine, and not with --omit=optional: npm ci in a clone, or " +
  `npm install --ignore-scripts ./postern-${programVersion}.tgz where the npm package is ` +
  "installed. A node_modules that was copied from another system, processor or C library does " +
  "not work."

/** A failed import as a mistake that the operator can mend, or null when it is something else. */
export function brokenInstall(error: unknown): OperatorError | null {
  if (!(error instanceof Error)) return null
  if (!codes.includes(systemCode(error) ?? "") && !texts.test(error.message)) return null
  const reason = reasonOf(error)
  const isForbidden = /addons is disabled/.test(reason)
  return new OperatorError(`Postern can't be loaded: ${reason}`, {
    hint: isForbidden ? "Start Node without --no-addons, or with --allow-addons." : installHint,
    exitCode: exitCodes.unavailable,
    cause: error,
  })
}

// The binding's loader tries several files and chains all failures as causes. The useful one is
// about a file that exists, or else about the package for this machine.
function reasonOf(error: Error): string {
  const reasons: string[] = []
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    reasons.push(at.message.split("\n")[0] ?? "")
  }
  const [own = "", ...causes] = reasons
  const missing = (text: string) => text.startsWith("Cannot find module")
  const ofThisMachine = `-${process.platform}-${process.arch}`
  return (
    causes.find((text) => !missing(text)) ??
    causes.find((text) => text.includes(ofThisMachine)) ??
    own
  )
}
