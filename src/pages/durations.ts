// Spans of time in words. A page never shows the time of a day: the server does not know where its
// reader lives.

const minute = 60
const hour = 60 * minute
const day = 24 * hour

/** Thresholds of the units: ninety minutes are "90 minutes", two days are "2 days". */
const units: readonly (readonly [name: string, seconds: number, from: number])[] = [
  ["day", day, 2 * day],
  ["hour", hour, 2 * hour],
  ["minute", minute, 2 * minute],
]

/** "30 seconds", "2 minutes", "24 hours". Never shorter than the span. */
export function waitInWords(seconds: number): string {
  return counted(Math.max(1, Math.ceil(seconds)), Math.ceil)
}

/** "just now", "3 hours ago". Never longer than the span. */
export function agoInWords(seconds: number): string {
  if (seconds < minute) return "just now"
  const text = seconds < 2 * minute ? "1 minute" : counted(Math.floor(seconds), Math.floor)
  return `${text} ago`
}

function counted(seconds: number, round: (value: number) => number): string {
  const [name, size] = units.find(([, , from]) => seconds >= from) ?? ["second", 1]
  const count = round(seconds / size)
  return `${count} ${name}${count === 1 ? "" : "s"}`
}
