// Processes that take one lock, each by a view of its own of the directory.

import { spawnSync } from "node:child_process"
import type { Lock, LockOptions } from "../../../src/store/json/lock.ts"
import type { LockOwner } from "../../../src/store/json/lock_file.ts"
import { type Disk, machineDisk } from "../../../src/system/disk.ts"

/** The name of its content. */
export const lockFile = "lock.json"
/** A twelfth of those of the service. */
export const pauses = { watch: 320, settle: 80 }
/** An owner that no socket reaches. */
export const stranger: LockOwner = { id: "S".repeat(22), boot: "of-another-machine", socket: null }

/** What is said of such an owner while it renews its lock. */
export const inUse = (directory: string) => ({
  name: "OperatorError",
  message: `Another process is using the data directory '${directory}'`,
  hint: "Stop it first. Commands can't reach it: it is on another machine or mount, or there are no sockets.",
  exitCode: 75,
})

/** The options of a process, and what it was warned of. */
export function options(disk: Disk = machineDisk): LockOptions & { readonly warnings: string[] } {
  const warnings: string[] = []
  return { disk, pauses, warnings, warn: (event) => void warnings.push(event) }
}

/** The same directory through a mount of its own: no socket of another's mount answers there. */
export function anotherMount(device: string): Disk {
  return {
    ...machineDisk,
    async list(directory) {
      const names = await machineDisk.list(directory)
      return names.filter((name) => !name.endsWith(".sock"))
    },
    async inspect(path) {
      const found = await machineDisk.inspect(path)
      return found && { ...found, identity: found.identity.replace(/^\d+/, device) }
    },
  }
}

/** A file system on which no socket can be bound, as seen by `rename`, which gives it its name. */
export const withoutSockets: Disk = {
  ...machineDisk,
  rename: (from, to) =>
    from.endsWith(".sock")
      ? Promise.reject(Object.assign(new Error("made by a test"), { code: "EPERM" }))
      : machineDisk.rename(from, to),
}

/** Renews a lock over and over until it is stopped. */
export function keepRenewing(lock: Lock): () => void {
  const timer = setInterval(() => void lock.renew(), 20)
  return () => clearInterval(timer)
}

/** A process that is killed once it listens at a path. */
export function leaveSocket(path: string): void {
  const listen = `require("node:net").createServer().listen(${JSON.stringify(path)}`
  spawnSync(process.execPath, ["--eval", `${listen}, () => process.kill(process.pid, "SIGKILL"))`])
}
