// The program's start: hands the process's arguments and streams to the command line, and the exit
// code back to the process.

import { runCommandLine } from "./cli/command_line.ts"
import { createPrint } from "./cli/standard_output.ts"
import { openFileWriter } from "./disk.ts"

// Looked up once: each log line asks how much of its stream is unread.
const { stdout, stderr } = process

// A reader that went away (`postern user list | head -1`) is no crash.
stdout.on("error", () => {})
stderr.on("error", () => {})

// Without a top-level await, which the image's CommonJS bundle can't have.
runCommandLine(process.argv.slice(2), {
  environment: process.env,
  // Made when it is read from: a service never does.
  get input() {
    return process.stdin
  },
  print: createPrint(stdout, openFileWriter(stdout.fd)),
  unreadBytes: () => stdout.writableLength,
  complain: (text) => void stderr.write(text),
}).then((exitCode) => process.exit(exitCode))
