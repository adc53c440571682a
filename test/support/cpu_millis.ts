// The work of a function, for tests that hold it below a bound.

/** The CPU time of a function. How busy the machine is hardly changes it. */
export function cpuMillis(work: () => unknown): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
