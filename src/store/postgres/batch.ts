// Requests that wait for one answer: all that come before the question is sent share it.

/** A promise, and what settles it. */
export interface Batch {
  readonly done: Promise<void>
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

/** Makes a batch that nobody waits for yet. */
export function createBatch(): Batch {
  let resolve: () => void = () => {}
  let reject: (reason: unknown) => void = () => {}
  const done = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { done, resolve, reject }
}
