// What the operator's commands print: text for people, and JSON for programs. Instants in JSON are
// epoch seconds, as in the HTTP API.

import type { CommandName } from "../admin/commands.ts"
import { isoTime } from "../clock.ts"
import type { FactorState } from "../domain/factor_requirement.ts"
import { quotedName } from "../domain/username.ts"
import type { MadeLink } from "../service/browser/links.ts"
import type { KeySummary } from "../service/keys.ts"
import type { RevivedStore } from "../service/revive_store.ts"
import type { ServiceTokenSummary } from "../service/service_tokens.ts"
import type { ListedUser, UserSummary } from "../service/user_view.ts"
import { printable } from "../telemetry/log.ts"
import { counted, inColumns } from "./columns.ts"
import { factorsInJson, factorsInText, removedFactors } from "./factor_reports.ts"
import {
  madeInJson,
  madeInText,
  revokedInText,
  serviceTokensInText,
  serviceTokensOf,
} from "./service_token_reports.ts"

/** What a command prints when it succeeds. */
export interface Report {
  /** `name` is the quoted username, or the key's name. Quoted commands begin with `postern`. */
  readonly text: (value: unknown, name: string) => string
  /** Of a command that takes `--json`. */
  readonly json?: (value: unknown) => string
  /** Whether the command changes nothing, so that there is no place to name. */
  readonly reads?: true
}

const rights: Report = { text: rightsOf }
const link: Report = { text: linkInText, json: linkInJson }

/** The reports of all commands. */
export const reports: Readonly<Record<CommandName, Report>> = {
  "user.list": { text: usersInText, json: (value) => inJson(usersOf(value)), reads: true },
  "user.add": { text: (_value, user) => `Added user ${user}.\n` },
  "user.password": {
    text: (_value, user) => `Set the password of ${user} and ended their sessions.\n`,
  },
  "user.invite": link,
  "user.reset": link,
  "user.disable": { text: (_value, user) => `Disabled user ${user} and ended their sessions.\n` },
  "user.enable": { text: (_value, user) => `Enabled user ${user}.\n` },
  "user.logout": { text: (_value, user) => `Ended all sessions of ${user}.\n` },
  "user.unlock": { text: (_value, user) => `Unlocked user ${user}.\n` },
  "user.delete": { text: (_value, user) => `Deleted user ${user}. The name stays reserved.\n` },
  "user.release": { text: (_value, user) => `The name ${user} can be used again.\n` },
  "user.mfa.list": { text: factorsInText, json: factorsInJson, reads: true },
  "user.mfa.reset": { text: removedFactors },
  "user.role.add": rights,
  "user.role.remove": rights,
  "user.claim.set": rights,
  "user.claim.remove": rights,
  "session.end": {
    text(value) {
      const { username } = value as { readonly username: string }
      return `Ended a session of user ${quotedName(username)}.\n`
    },
  },
  "token.create": { text: madeInText, json: madeInJson },
  "token.list": {
    text: serviceTokensInText,
    json: (value) => inJson(serviceTokensOf(value)),
    reads: true,
  },
  "token.revoke": {
    text(value) {
      const { name } = value as ServiceTokenSummary
      return `Revoked service token ${quotedName(name)}. It is refused from now on.\n`
    },
  },
  "key.list": { text: keysInText, json: (value) => inJson(keysOf(value)), reads: true },
  "key.rotate": {
    text(value) {
      const { kid, signsFrom } = value as KeySummary
      return `Published key '${kid}'. It signs tokens from ${isoTime(signsFrom ?? 0)} on.\n`
    },
  },
  "key.retire": {
    text: (_value, kid) => `Retired key '${kid}'. Tokens that it signed are refused from now on.\n`,
  },
  "store.revive": {
    text(value) {
      const { users, sessions, serviceTokens } = value as RevivedStore
      const [ended, who] = [counted(sessions, "session"), counted(users, "user")]
      return (
        `Ended ${ended} of ${who}. Everybody has to log in again.\n` +
        revokedInText(serviceTokens) +
        "Passwords, roles and signing keys are the backup's. docs/backup.md says what else a restore undoes.\n"
      )
    },
  },
}

function rightsOf(value: unknown, user: string): string {
  const { roles, claims } = value as UserSummary
  const claimsText = printable(JSON.stringify(claims))
  return `User ${user} now has roles ${JSON.stringify(roles)} and claims ${claimsText}.\n`
}

function usersOf(value: unknown) {
  return (value as readonly ListedUser[]).map((user) => ({
    username: user.username,
    state: stateOf(user),
    mfa: user.factorState,
    created_at: user.createdAt,
    roles: user.roles,
    claims: user.claims,
  }))
}

function stateOf({ disabled, isLocked, isInvited }: ListedUser): string {
  if (disabled) return "disabled"
  return isLocked ? "locked" : isInvited ? "invited" : "enabled"
}

const factorWords: Readonly<Record<FactorState, string>> = {
  none: "-",
  required: "required",
  on: "on",
  locked: "locked",
}

function usersInText(value: unknown): string {
  const users = usersOf(value)
  if (users.length === 0) return "There are no users. `postern user add NAME` adds one.\n"
  const rows = users.map(({ username, state, mfa, created_at, roles, claims }) => [
    ...[username, state, factorWords[mfa], isoTime(created_at), roles.join(" ") || "-"],
    Object.keys(claims).length === 0 ? "-" : JSON.stringify(claims),
  ])
  return inColumns([["USERNAME", "STATE", "MFA", "CREATED", "ROLES", "CLAIMS"], ...rows])
}

function linkInJson(value: unknown): string {
  const { username, kind, url, expiresAt } = value as MadeLink
  return `${JSON.stringify({ username, kind, url, expires_at: expiresAt })}\n`
}

function linkInText(value: unknown): string {
  const { username, kind, url, expiresAt } = value as MadeLink
  const what = kind === "invite" ? "Invited user" : "Made a link for user"
  const good = `The link works once, until ${isoTime(expiresAt)}, unless you make another one:`
  return `${what} ${quotedName(username)}. ${good}\n${url}\n`
}

function keysOf(value: unknown) {
  return (value as readonly KeySummary[]).map(({ kid, alg, state, signsFrom, keptUntil }) => ({
    ...{ kid, alg, state, signs_from: signsFrom, kept_until: keptUntil },
  }))
}

function keysInText(value: unknown): string {
  const rows = keysOf(value).map(({ kid, alg, state, signs_from, kept_until }) => [
    ...[kid ?? "(shared secret)", alg, state],
    ...[signs_from, kept_until].map((instant) => (instant === null ? "-" : isoTime(instant))),
  ])
  return inColumns([["KID", "ALGORITHM", "STATE", "SIGNS FROM", "KEPT UNTIL"], ...rows])
}

/** One JSON array, a record a line. */
function inJson(records: readonly object[]): string {
  return `[\n${records.map((record) => JSON.stringify(record)).join(",\n")}\n]\n`
}
