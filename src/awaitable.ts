// Values that may be there at once. A guarded request with a known token, and a store that has its
// records in memory, waits for nothing: going through promises all the same would cost a sixth of
// it. So what is on that way returns an Awaitable, and goes on from one with these functions.

/**
 * A value, or the promise of one. A native one: anything else with a `then` counts as the value.
 */
export type Awaitable<T> = T | Promise<T>

/** Goes on with a value as soon as it is there: now, if it is there. */
export function after<T, U>(value: Awaitable<T>, next: (value: T) => Awaitable<U>): Awaitable<U> {
  return value instanceof Promise ? value.then(next) : next(value)
}

/** Does work. When it throws or rejects, `answer` makes a value of the error instead. */
export function recover<T>(work: () => Awaitable<T>, answer: (error: unknown) => T): Awaitable<T> {
  try {
    const value = work()
    return value instanceof Promise ? value.catch(answer) : value
  } catch (error) {
    return answer(error)
  }
}
