// The only place where time enters. Everything else is handed a Clock, so tests move time by hand.

/** Tells the time. */
export interface Clock {
  /** Whole seconds since 1970-01-01T00:00:00Z, as in RFC 7519's NumericDate. */
  now(): number
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => Math.floor(Date.now() / 1000) }

/** Milliseconds of a clock that is never set, for how long something took. */
export function monotonicMillis(): number {
  return performance.now()
}

/** An instant as text for people and log lines: `2026-11-23T15:30:00Z`. */
export function isoTime(epochSeconds: number): string {
  return new Date(epochSeconds * 1000).toISOString().replace(".000Z", "Z")
}
