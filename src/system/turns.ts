// Work that runs one after the other.

/** Runs work after all work before it, whether that worked or failed. */
type InTurn = <T>(work: () => Promise<T>) => Promise<T>

/** Makes a row of turns. */
export function createTurns(): InTurn {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const done = last.then(work)
    last = done.catch(() => {})
    return done
  }
}
