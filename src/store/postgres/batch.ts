// Requests that wait for one answer: whoever comes before the question is sent shares it.

/** A promise, and what settles it. */
export interface Batch {
  readonly done: Promise<void>
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

/** Makes one that nobody waits for yet. */
export function createBatch(): Batch {
  let resolve: () => void = () => {}
  let reject: (reason: unknown) => void = () => {}
  const done = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { done, resolve, reject }
}
