// The program's start: hands the process's arguments and streams to the command line, and the exit
// code back to the process.

import { relative } from "node:path"
import { isatty } from "node:tty"
import { runCommandLine } from "./cli/command_line.ts"
import { createOutput } from "./cli/output.ts"
import { exitCodes } from "./errors.ts"
import { closeDescriptor } from "./system/descriptor.ts"

/** The scripts of package.json that run the program. */
const npmScripts = ["start", "demo", "postern"]

const output = createOutput(process.stdout)
const errors = createOutput(process.stderr)

// Until the command line says otherwise: a command that never ended did not succeed.
process.exitCode = exitCodes.refused

// At exit Node 20 aborts when it can't restore the settings of a terminal that was closed.
const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor))
process.on("exit", () => {
  for (const descriptor of terminals) if (!isatty(descriptor)) closeDescriptor(descriptor)
})

// Without a top-level await, which the image's CommonJS bundle can't have.
runCommandLine(process.argv.slice(2), {
  environment: process.env,
  program: programName(),
  showsProgress: isatty(2) && process.env["TERM"] !== "dumb",
  printsToTerminal: isatty(1),
  isColored: isatty(2) && !process.env["NO_COLOR"] && process.env["TERM"] !== "dumb",
  // Made when it is read from: a service never does.
  get input() {
    return process.stdin
  },
  print: output.write,
  unreadBytes: output.unreadBytes,
  flush: async () => void (await output.settle(null)),
  printError: errors.write,
  async settle(millisMax) {
    // The exit code is known already. Node 20 rejects a failed import twice, and the second
    // rejection can't be caught.
    process.on("unhandledRejection", () => {})
    const lost = await Promise.all([output.settle(millisMax), errors.settle(millisMax)])
    return lost.find((code) => code !== null) ?? null
  },
}).then((exitCode) => process.exit(exitCode))

/** The program's name in hints: a command that works in the same directory. */
function programName(): string {
  const [, script = ""] = process.argv
  if (npmScripts.includes(process.env["npm_lifecycle_event"] ?? "")) return "npm run postern --"
  if (!script.endsWith("postern.js")) return "postern"
  const path = relative(process.cwd(), script)
  return `node ${path.startsWith("..") ? script : path}`
}
