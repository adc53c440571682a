// The table of the command line: every command, what it takes, and what it does. Help, usage,
// completion and "did you mean" are made of it. A command is loaded when it is chosen, so that each
// starts with little.

import { adminCommands, type CommandName, type InputName } from "../admin/commands.ts"
import type { Call, CommandRow } from "./command_row.ts"
import type { Terminal } from "./terminal.ts"

const ownCommands: readonly CommandRow[] = [
  {
    name: "serve",
    takes: [],
    help: "Run the service until SIGTERM or SIGINT.",
    shownSettings: "all",
    serves: true,
    run: async (call, terminal) => (await import("./serve.ts")).runServe(call, terminal),
  },
  {
    name: "demo",
    takes: [],
    help: "Try the service with the users alice and bob. It leaves no data behind.",
    shownSettings: ["POSTERN_HOST", "POSTERN_PORT"],
    serves: true,
    run: async (call, terminal) => (await import("./serve.ts")).runDemo(call, terminal),
  },
  {
    name: "init",
    takes: [],
    help: "Set up the data directory, to add users before the first start.",
    shownSettings: ["POSTERN_DATA_DIR"],
    run: async (call, terminal) => (await import("./init.ts")).runInit(call, terminal),
  },
  {
    name: "healthcheck",
    takes: [],
    help: "Exit 0 if the service on this machine is ready.",
    shownSettings: ["POSTERN_HOST", "POSTERN_PORT"],
    run: async (call, terminal) =>
      (await import("./healthcheck.ts")).runHealthcheck(call, terminal),
  },
  {
    name: "completion",
    takes: ["SHELL"],
    help: "Print the completion script of a shell: bash, zsh or fish.",
    notes: `  bash  eval "$(postern completion bash)" in ~/.bashrc
  zsh   eval "$(postern completion zsh)" in ~/.zshrc, after compinit
  fish  postern completion fish > ~/.config/fish/completions/postern.fish
`,
    shownSettings: [],
    run: async (call, terminal) =>
      (await import("./completion.ts")).runCompletion(call, terminal, commandRows),
  },
]

const argumentNames: Readonly<Record<Exclude<InputName, "password">, string>> = {
  username: "NAME",
  role: "ROLE",
  claim: "CLAIM",
  value: "VALUE",
  kid: "KID",
}

const adminNotes =
  "Works through the running service, or on the data directory while no service runs.\n"

/** Every command. */
export const commandRows: readonly CommandRow[] = [
  ...ownCommands,
  ...adminCommands.map(([command, { takes, help }]) => ({
    name: nameOf(command),
    takes: takes.flatMap((name) => (name === "password" ? [] : [argumentNames[name]])),
    help,
    notes: adminNotes,
    shownSettings: ["POSTERN_DATA_DIR"],
    ...(command.endsWith(".list") ? { isList: true as const } : {}),
    run: async (call: Call, terminal: Terminal) =>
      (await import("./admin.ts")).runAdmin(command, call, terminal),
  })),
]

function nameOf(command: CommandName): string {
  return command.replaceAll(".", " ")
}
