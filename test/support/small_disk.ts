// A file system of a few kilobytes, in memory, that can really be full, or to be read only. It
// takes root to mount one.

import { execFileSync, spawnSync } from "node:child_process"
import {
  closeSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { TestContext } from "node:test"

const page = 4096

/** The file system, at a path. */
export interface SmallDisk {
  readonly path: string
  /** Takes all room but so many pages of 4 KiB. */
  fill(pagesLeft?: number): void
  /** Gives the room back. */
  clear(): void
  /** Lets nobody write, or everybody again. No file may be open for writing. */
  setReadOnly(readOnly: boolean): void
}

/** Why there can be no small disk here, for a test to be skipped by; else false. */
export const noSmallDisk: string | false = findReason()

/** Mounts one until the test ends. */
export function mountSmallDisk(t: TestContext, kibibytes: number): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), "postern-disk-"))
  mount(path, kibibytes)
  t.after(() => {
    execFileSync("umount", ["--lazy", path])
    rmSync(path, { recursive: true })
  })
  const filler = join(path, "filler")
  return {
    path,
    fill(pagesLeft = 0) {
      const file = openSync(filler, "a")
      try {
        while (writeSync(file, Buffer.alloc(page)) > 0);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error
      } finally {
        closeSync(file)
      }
      truncateSync(filler, statSync(filler).size - pagesLeft * page)
    },
    clear: () => rmSync(filler, { force: true }),
    setReadOnly: (readOnly) =>
      void execFileSync("mount", ["-o", `remount,${readOnly ? "ro" : "rw"}`, path]),
  }
}

function mount(path: string, kibibytes: number): void {
  const options = `size=${kibibytes}k,mode=0700`
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path], { stdio: "pipe" })
}

function findReason(): string | false {
  const path = mkdtempSync(join(tmpdir(), "postern-disk-"))
  try {
    mount(path, 64)
    return false
  } catch {
    return "nothing can be mounted here"
  } finally {
    spawnSync("umount", ["--lazy", path])
    rmSync(path, { recursive: true })
  }
}
