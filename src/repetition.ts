// Finds texts that are one short text again and again. Used for secrets and for new passwords.

/** Whether a text repeats a unit of at most `unitMax` characters; the last may be cut short. */
export function isRepetition(text: string, unitMax: number): boolean {
  for (let unit = 1; unit <= Math.min(unitMax, Math.ceil(text.length / 2)); unit += 1) {
    // Such a text goes on, one unit later, as it started.
    if (text.startsWith(text.slice(unit))) return true
  }
  return false
}
