// What happened in a run of races, for its last line and its last checks.

/** The counts. */
export interface Tally {
  rounds: number
  /** Answers that gave tokens for a refresh token. */
  refreshes: number
  /** Answers that were lost on purpose or by a restart. */
  lostAnswers: number
  kills: number
  /** What was refused to a client that sent its newest token, or its parent in time. */
  readonly falseLogouts: string[]
  /** Sessions given up because the service was away for longer than the window is open. */
  overdue: number
  replaysCaught: number
}

/** Starts to count. */
export function createTally(): Tally {
  const none = { rounds: 0, refreshes: 0, lostAnswers: 0, kills: 0, overdue: 0, replaysCaught: 0 }
  return { ...none, falseLogouts: [] }
}

/** The counts in one line. */
export function summary(tally: Tally): string {
  return [
    `${tally.rounds} rounds`,
    `${tally.refreshes} refreshes`,
    `${tally.lostAnswers} lost answers`,
    `${tally.kills} kills`,
    `${tally.overdue} overdue`,
    `${tally.falseLogouts.length} false logouts`,
    `${tally.replaysCaught} replays caught`,
  ].join(", ")
}

/** How many rounds to run: RACE_ROUNDS, or without it as few as `npm test` has time for. */
export function roundsOf(few: number): number {
  return Number(process.env["RACE_ROUNDS"] ?? few)
}

/** How many at once: `many` where RACE_ROUNDS is set, or `few` as in `npm test`. */
export function crowdOf({ few, many }: { readonly few: number; readonly many: number }): number {
  return process.env["RACE_ROUNDS"] === undefined ? few : many
}
