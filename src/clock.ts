// The only file that reads the time, and the only one that decides what to do when the machine's
// clock is wrong. A clock has three readings, and the caller chooses by what the reading is for:
//
//   now()     The machine's clock as it is. For what is written into tokens, records and logs, and
//             for judging the end of a token or session. A refusal can be taken back when the clock
//             is right again.
//   steady()  Goes on evenly, whatever the machine's clock is set to. For how long something took:
//             delays, rates, the grace of a refresh token. A set clock is not mistaken for theft.
//   passed()  An instant that has certainly passed. For what can't be taken back: deleting what has
//             expired. A clock that goes wrong for less than a day deletes nothing too early.
//
// A record that is dated long after now (`isAhead`) was written while the clock was ahead, or the
// clock is behind now. Nobody can tell which, so such a record is neither used nor deleted.

const daySeconds = 86_400
/** The machine's clock may gain this much at once: a correction, not a leap. */
const correctionSecondsMax = 60
/** A record may be dated this much after now and still be used. */
const aheadSecondsMax = 2 * daySeconds

/** A source of time. */
export interface Clock {
  /** Whole seconds since 1970-01-01T00:00:00Z, as in RFC 7519's NumericDate. */
  now(): number
  /** Seconds that never go back and never leap. At the start of the process they equal `now()`. */
  steady(): number
  /** Whole seconds since 1970, at or before `now()`. */
  passed(): number
}

/** The machine's two clocks, with fractions of a second. */
interface Machine {
  readonly wallSeconds: () => number
  readonly monotonicSeconds: () => number
}

/** Milliseconds of a clock that is never set, for how long something took. */
export function monotonicMillis(): number {
  return performance.now()
}

const thisMachine: Machine = {
  wallSeconds: () => Date.now() / 1000,
  monotonicSeconds: () => monotonicMillis() / 1000,
}

/**
 * Makes a clock. `lastUse` is the store's last use, null when there was none. If the machine's
 * clock shows a much later time, the service was down or the clock is ahead. So `passed()` goes on
 * from `lastUse`, and follows the machine's clock after a day. It treats each later leap the same.
 */
export function createClock(lastUse: number | null, machine: Machine = thisMachine): Clock {
  const { wallSeconds, monotonicSeconds } = machine
  // With the fraction, so that a start makes no difference to what was measured before.
  const steadyOffset = wallSeconds() - monotonicSeconds()
  let passedOffset = Math.min(lastUse ?? Infinity, wallSeconds()) - monotonicSeconds()
  let leaptAt: number | null = null
  return {
    now: () => Math.floor(wallSeconds()),
    steady: () => monotonicSeconds() + steadyOffset,
    passed() {
      const monotonic = monotonicSeconds()
      const offset = wallSeconds() - monotonic
      if (offset <= passedOffset + correctionSecondsMax) leaptAt = null
      else leaptAt ??= monotonic
      if (leaptAt === null || monotonic - leaptAt >= daySeconds) passedOffset = offset
      return Math.floor(monotonic + passedOffset)
    },
  }
}

/** The machine's clock, where there is no store. */
export const systemClock: Clock = createClock(null)

/** Whether a record's instant is so long after now that the clock is wrong, or was wrong then. */
export function isAhead(instant: number, { now }: { readonly now: number }): boolean {
  return instant > now + aheadSecondsMax
}

/** An instant as text for people and log lines: `2026-11-23T15:30:00Z`. */
export function isoTime(epochSeconds: number): string {
  return new Date(epochSeconds * 1000).toISOString().replace(".000Z", "Z")
}

/** The same as HTTP's Date (IMF-fixdate, RFC 9110 §5.6.7): `Mon, 23 Nov 2026 15:30:00 GMT`. */
export function httpDate(epochSeconds: number): string {
  return new Date(epochSeconds * 1000).toUTCString()
}

/** Makes the function to the present instant as text, which is made once a second. */
export function timeText(clock: Clock, format: (epochSeconds: number) => string): () => string {
  let second = Number.NaN
  let text = ""
  return () => {
    const now = clock.now()
    if (now !== second) text = format(now)
    second = now
    return text
  }
}

/**
 * Reads an instant as people write it, into epoch seconds: `2026-11-23`, `2026-11-23T15:30`, with
 * seconds, with `Z` or an offset. Without one of these it is UTC. NaN for anything else.
 */
export function secondsOfInstant(text: string): number {
  const [, date, time = "T00:00", zone = "Z"] =
    /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(?::\d\d)?)?(Z|[+-]\d\d:\d\d)?$/.exec(text) ?? []
  return Date.parse(`${date}${time}${zone}`) / 1000
}

/** Reads a date as HTTP and certificates write it, into epoch seconds. NaN for anything else. */
export function secondsOfDate(text: string): number {
  return Date.parse(text) / 1000
}
