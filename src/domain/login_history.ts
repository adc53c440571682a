// A user's recent logins and failures, for the user to look at. Bounded: the last ten logins, and
// the last ten addresses that failed. The failures of one kind from one address are one record with
// a count, so a person who guesses at an account can't push its logins out of the list. Pure.

/** A login that succeeded. */
interface PastLogin {
  /** Epoch seconds. */
  readonly at: number
  readonly address: string
}

/** Wrong passwords from one address, or wrong codes after right passwords. */
export interface PastFailure {
  /** When the last one was. */
  readonly at: number
  readonly address: string
  readonly count: number
  /** True for codes; absent for passwords. */
  readonly isCode?: true
}

/** What is kept of a user, the latest first. */
export interface LoginHistory {
  readonly username: string
  readonly logins: readonly PastLogin[]
  readonly failures: readonly PastFailure[]
}

const recordsMax = 10
/** Counts end here: nobody reads a larger number. */
const countMax = 999_999

/** A history in which nothing has happened. */
export function emptyHistory(username: string): LoginHistory {
  return { username, logins: [], failures: [] }
}

/** A history and what came after it. The two may overlap in time. */
export function joinHistories(before: LoginHistory, after: LoginHistory): LoginHistory {
  const failures = new Map<string, PastFailure>()
  for (const failure of [...before.failures, ...after.failures]) {
    const { address, at, isCode = false } = failure
    const name = `${address} ${isCode}`
    const known = failures.get(name)
    const count = Math.min(failure.count + (known?.count ?? 0), countMax)
    failures.set(name, { ...failure, at: Math.max(at, known?.at ?? at), count })
  }
  return {
    username: before.username,
    logins: latest([...after.logins, ...before.logins]),
    failures: latest([...failures.values()]),
  }
}

function latest<T extends { readonly at: number }>(records: readonly T[]): readonly T[] {
  return [...records].sort((a, b) => b.at - a.at).slice(0, recordsMax)
}
