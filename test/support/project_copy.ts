// Copies of the project as a clone has it, with packages that are linked, copied or missing.

import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, readdirSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import type { TestContext } from "node:test"
import { fileURLToPath } from "node:url"
import { temporaryDirectory } from "./temporary_directory.ts"

const project = fileURLToPath(new URL("../..", import.meta.url))
/** They find their neighbours by their own place, and a link's place is where it points. */
const neverLinked: readonly string[] = ["@node-rs/argon2", "@node-rs/bcrypt", "esbuild"]

/** What a copy has of the packages. */
export interface CopiedPackages {
  /** Packages that are missing, with those whose names go on after a hyphen. */
  readonly without?: readonly string[]
  /** Packages that are copied and not linked, so that they can be damaged. */
  readonly copied?: readonly string[]
}

/** Copies the project, and what runs of it, into a directory that is removed after the test. */
export function copyProject(t: TestContext, packages: CopiedPackages = {}): string {
  const { without = [], copied = [] } = packages
  const directory = temporaryDirectory(t)
  for (const name of ["bin", "src", "package.json"]) {
    cpSync(join(project, name), join(directory, name), { recursive: true })
  }
  for (const name of installedPackages()) {
    if (without.some((lacks) => name === lacks || name.startsWith(`${lacks}-`))) continue
    const [from, to] = [packageIn(project, name), packageIn(directory, name)]
    mkdirSync(join(to, ".."), { recursive: true })
    if (neverLinked.includes(name) || copied.includes(name)) cpSync(from, to, { recursive: true })
    else symlinkSync(from, to)
  }
  return directory
}

/** Where a package is in a copy. */
export function packageIn(directory: string, name: string): string {
  return join(directory, "node_modules", name)
}

/** The names of the packages that are installed. */
export function installedPackages(): readonly string[] {
  const modules = join(project, "node_modules")
  return readdirSync(modules)
    .filter((name) => !name.startsWith("."))
    .flatMap((name) =>
      name.startsWith("@")
        ? readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`)
        : [name],
    )
}

/** Runs a command line of a copy to its end. */
export function runCopy(directory: string, ...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["bin/postern.js", ...words], {
    cwd: directory,
    env: { PATH: process.env["PATH"], POSTERN_PORT: "0" },
    encoding: "utf8",
    // A service that starts, though it should not, would never end.
    timeout: 60_000,
  })
  return { status, stdout, stderr }
}
