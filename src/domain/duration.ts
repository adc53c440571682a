// Durations as people write them: `90s`, `15m`, `2h`, `7d`. Pure.

/** The seconds of each unit. */
export const secondsPerUnit: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }
