// Runs test files in a few processes, each of which takes the next file when it is done with one.

import { WorkerProcess } from "./worker_process.ts"

/** Something that failed. */
export interface Failure {
  readonly name: string
  readonly error: string
}

/** What became of a file. */
export interface FileResult {
  readonly file: string
  readonly seconds: number
  readonly passed: number
  readonly failures: readonly Failure[]
  readonly skipped: readonly { readonly name: string; readonly reason: string }[]
}

/** How files are run. */
export interface PoolOptions {
  /** How many processes. */
  readonly width: number
  /** How long a file may take. */
  readonly secondsMax: number
  /** How long a process may take to end after its last test. */
  readonly endSecondsMax: number
  /** Where the processes write their coverage, if anywhere. */
  readonly coverage?: string
  /** Called after the tests of each file, and for each process that does not end well. */
  readonly onResult: (result: FileResult) => void
}

/**
 * Runs the files, and resolves when all processes have ended. Every other process takes files from
 * the end of the list.
 */
export async function runFiles(files: readonly string[], options: PoolOptions): Promise<void> {
  const queue = [...files]
  const work = async (take: () => string | undefined) => {
    while (queue.length > 0) await runInProcess(take, options)
  }
  const ends = [() => queue.shift(), () => queue.pop()] as const
  const taking = Array.from({ length: options.width }, (_, index) => ends[index % 2 === 0 ? 0 : 1])
  await Promise.all(taking.map(work))
}

/** Runs files in one process, until there are none or the process has ended. */
async function runInProcess(take: () => string | undefined, options: PoolOptions): Promise<void> {
  const worker = new WorkerProcess(options.coverage)
  let failures = 0
  for (let file = take(); file !== undefined; file = take()) {
    const result = await runFile(file, worker, options.secondsMax)
    failures += result.failures.length
    options.onResult(result)
    if (!worker.isReady) return
  }
  worker.finish()
  const end = await endWithin(options.endSecondsMax, { worker, over: worker.ended })
  // That a test failed is in the exit code, too.
  if (end === null || (failures > 0 && end === "ended with exit code 1")) return
  const error = `The process ${end}: a test left something behind.\n${worker.output}`
  options.onResult({
    ...{ file: "a process, after its tests", seconds: 0, passed: 0, skipped: [] },
    failures: [{ name: "end of the process", error }],
  })
}

async function runFile(
  file: string,
  worker: WorkerProcess,
  secondsMax: number,
): Promise<FileResult> {
  const started = performance.now()
  const failures: Failure[] = []
  const skipped: { name: string; reason: string }[] = []
  let passed = 0
  let current = "import of the file"
  const over = new Promise<null>((resolve) => {
    worker.onMessage = (message) => {
      if (message.kind === "start") current = message.name
      if (message.kind === "pass") passed += 1
      if (message.kind === "skip") skipped.push(message)
      if (message.kind === "fail") failures.push(message)
      // One is enough: a service that ends could bring one for each of a thousand requests.
      const isFirst = failures.every(({ name }) => name !== current)
      if (message.kind === "stray" && isFirst) {
        failures.push({ name: current, error: message.error })
      }
      if (message.kind === "spoiled") worker.kill()
      if (message.kind === "end" || message.kind === "spoiled") resolve(null)
    }
  })
  worker.run(file)
  const ended = worker.ended.then((how) => how ?? "exit code 0")
  const end = await endWithin(secondsMax, { worker, over: Promise.race([over, ended]) })
  if (end !== null) {
    failures.push({ name: current, error: `The process ${end}.\n${worker.output}` })
  } else if (passed + failures.length + skipped.length === 0) {
    failures.push({ name: "the file", error: "It has no test." })
  }
  return { file, seconds: (performance.now() - started) / 1000, passed, failures, skipped }
}

/** Waits, for so long, and then ends the process. Gives how it ended, or null if all is well. */
async function endWithin(
  secondsMax: number,
  { worker, over }: { readonly worker: WorkerProcess; readonly over: Promise<string | null> },
): Promise<string | null> {
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    worker.kill()
  }, secondsMax * 1000)
  const end = await over
  clearTimeout(timer)
  if (isLate) return `was ended after ${secondsMax} s`
  return end === null ? null : `ended with ${end}`
}
