// Work that a signal stops between two steps, so that it leaves nothing half behind.

/**
 * Does work that SIGINT and SIGTERM interrupt. The work asks `isInterrupted` between its steps. A
 * second signal ends the process at once.
 */
export async function interruptibly<T>(
  work: (isInterrupted: () => boolean) => Promise<T>,
): Promise<T> {
  let isInterrupted = false
  const interrupt = () => {
    isInterrupted = true
  }
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, interrupt)
  try {
    return await work(() => isInterrupted)
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"]) process.off(signal, interrupt)
  }
}
