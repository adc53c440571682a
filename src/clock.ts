// The only place where time enters. Everything else is handed a Clock, so tests move time by hand.

const daySeconds = 86_400
/** What a clock that is set right now and then may gain at once. */
const leapSecondsMin = 60

/** Tells the time. */
export interface Clock {
  /** Whole seconds since 1970-01-01T00:00:00Z, as in RFC 7519's NumericDate. */
  now(): number
  /** Seconds of a clock that is never set, where there is one: for how long something took. */
  steady?(): number
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Math.floor(Date.now() / 1000),
  steady: () => monotonicMillis() / 1000,
}

/** Seconds for how long something took: of the clock that is never set, where there is one. */
export function steadySeconds(clock: Clock): number {
  return clock.steady?.() ?? clock.now()
}

/** Milliseconds of a clock that is never set, for how long something took. */
export function monotonicMillis(): number {
  return performance.now()
}

/**
 * A clock for what can't be undone, such as forgetting what has expired. It does not follow a leap
 * of the other one ahead before that has stood for a day: so a clock that goes wrong for an hour
 * makes nothing be forgotten.
 * @param seen an instant that has been before, against which the first one is a leap, too
 */
export function createWaryClock(
  clock: Clock,
  { seen, steadySeconds }: { readonly seen: number; readonly steadySeconds: () => number },
): Clock {
  let offset = Math.min(seen, clock.now()) - steadySeconds()
  let leaptAt: number | null = null
  return {
    now() {
      const steady = steadySeconds()
      const found = clock.now() - steady
      if (found <= offset + leapSecondsMin) leaptAt = null
      else leaptAt ??= steady
      if (leaptAt === null || steady - leaptAt >= daySeconds) offset = found
      return Math.floor(steady + offset)
    },
  }
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
