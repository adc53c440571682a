// Every limit on how often somebody may ask, by use case. The use cases enforce these records, and
// the rows of the route table print them.
//
// A client is an IPv4 address or an IPv6 /64. An IPv6 /48 has ten times the rate of a client. A
// device has logged in to the account before; a stranger has not. A device is not counted with its
// client.

import { delaySecondsMax } from "../limit/delays.ts"
import type { Limits } from "../limit/limit.ts"

const doubled = `a wait that doubles, from 1 to ${delaySecondsMax} s`

/** The failures of devices at one account, and their logins: at POST /login and POST /password. */
const ofDevices = {
  // NIST SP 800-63B-4 §3.2.2 allows an account 100 failures in a row: 70 of strangers, 30 of
  // devices and sessions.
  failuresOfDevices: {
    counts: "wrong passwords of all devices and sessions of an account",
    inARow: 30,
    next: "they count as strangers",
  },
  loginsOfDevices: {
    counts: "right passwords of all devices and sessions of an account",
    capacity: 300,
    secondsPerToken: 2,
  },
} as const satisfies Limits

/** POST /login. */
export const loginLimits = {
  /** At least 5, and at least one more than the passwords that are hashed at a time. */
  failuresOfPair: {
    counts: "wrong passwords of a client or device at an account",
    inARow: 5,
    next: doubled,
  },
  /** A hundred mistyped passwords in one office. */
  failuresOfClient: {
    counts: "wrong passwords of a client",
    capacity: 100,
    secondsPerToken: 10,
  },
  failuresOfStrangers: {
    counts: "wrong passwords of all strangers at an account",
    inARow: 70,
    next: "strangers are locked out",
  },
  /** An account that many people or programs of one office share. */
  loginsOfPair: {
    counts: "right passwords of a client at an account",
    capacity: 300,
    secondsPerToken: 2,
  },
  /** Everybody behind the one address of a university, at nine in the morning. */
  loginsOfClient: {
    counts: "right passwords of a client",
    capacity: 3000,
    secondsPerToken: 1,
  },
  ...ofDevices,
} as const satisfies Limits

/** POST /password. A session counts as a device of its account. */
export const passwordLimits = {
  failuresOfPair: { ...loginLimits.failuresOfPair, counts: "wrong passwords of a session" },
  failuresOfSession: {
    counts: "wrong passwords of a session",
    inARow: 10,
    next: "the session ends",
  },
  /** Checking a new password against the rules takes time, also when it is refused. */
  newPasswords: { counts: "new passwords of a session", capacity: 30, secondsPerToken: 2 },
  ...ofDevices,
} as const satisfies Limits

/** POST /login/code, and `code` in POST /login. */
export const mfaLimits = {
  /** NIST SP 800-63B-4 §3.2.2: the operator unlocks the account. A passkey logs in all the same. */
  failuresOfAccount: {
    counts: "wrong codes of an account",
    inARow: 100,
    next: "no code counts",
  },
  triesOfTicket: { counts: "codes of a login", inARow: 5, next: "the login is over" },
} as const satisfies Limits

/** POST /login/passkey. */
export const passkeyLimits = {
  /** Nobody guesses a signature: this limit saves the work of checking them. */
  refusalsOfClient: { counts: "wrong passkeys of a client", capacity: 300, secondsPerToken: 2 },
  /** Each one starts a session. */
  loginsOfAccount: { counts: "right passkeys of an account", capacity: 300, secondsPerToken: 2 },
} as const satisfies Limits

/** POST /mfa/totp, /mfa/totp/confirm, /mfa/passkeys and /mfa/recovery. */
export const enrolmentLimits = {
  /** Each one is a write. */
  offers: { counts: "secrets for an account", capacity: 30, secondsPerToken: 10 },
  /** Each one is a signature to check, and a write. */
  passkeys: { counts: "new passkeys of an account", capacity: 30, secondsPerToken: 10 },
  /** Each one is ten hashes. */
  recoveryCodes: {
    counts: "sets of recovery codes of an account",
    capacity: 10,
    secondsPerToken: 60,
  },
} as const satisfies Limits

/** POST /invite and POST /reset. */
export const linkLimits = {
  /** Checking a new password against the rules takes time, also when it is refused. */
  newPasswords: { counts: "new passwords of a link", capacity: 30, secondsPerToken: 2 },
} as const satisfies Limits

/** The routes of the admin API. They keep the mistakes of an admin's program from the others. */
export const adminLimits = {
  /** Each one is a hash. */
  passwords: { counts: "new passwords of an admin", capacity: 100, secondsPerToken: 1 },
  links: { counts: "links of an admin", capacity: 100, secondsPerToken: 1 },
  /** Each one may read all users. */
  searches: { counts: "searches of an admin", capacity: 60, secondsPerToken: 1 },
  serviceTokens: { counts: "service tokens of an admin", capacity: 30, secondsPerToken: 10 },
} as const satisfies Limits

/** POST /register. */
export const registrationLimits = {
  /** Checking a name and a password against the rules takes time, also when they are refused. */
  attemptsOfClient: { counts: "attempts of a client", capacity: 100, secondsPerToken: 1 },
  /** A household or a class at once, then 30 in an hour. */
  accountsOfClient: { counts: "accounts of a client", capacity: 30, secondsPerToken: 120 },
  /** At most 17,280 a day. */
  accountsOfAll: { counts: "accounts of all clients", capacity: 1000, secondsPerToken: 5 },
} as const satisfies Limits

/** POST /logout with tokens that have no session: each revoked one is a write. */
export const logoutLimits = {
  /** A hundred browser tabs at once, some of which repeat a request. */
  usesOfSession: { counts: "writes for a session or token", capacity: 240, secondsPerToken: 3 },
  /** More than two sessions use: the thief of one session does not keep the others waiting. */
  usesOfAccount: { counts: "writes for an account", capacity: 600, secondsPerToken: 0.5 },
} as const satisfies Limits

/** POST /refresh. */
export const refreshLimits = {
  /** Nobody guesses a tag of 160 bits: this limit saves the work of checking signatures. */
  refusalsOfClient: { counts: "refused tokens of a client", capacity: 3000, secondsPerToken: 0.2 },
  ...logoutLimits,
} as const satisfies Limits
