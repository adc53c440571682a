// The table of the command line: every command, what it takes, and what it does. Help, usage,
// completion and "did you mean" are made of it. A command is loaded when it is chosen, so that each
// starts with little.

import type { AdminCommand, ChoiceName, InputName } from "../admin/admin_command.ts"
import { adminCommands, type CommandName } from "../admin/commands.ts"
import type { Call, CommandOption, CommandRow } from "./command_row.ts"
import { operatorCommands } from "./operator_commands.ts"
import type { Terminal } from "./terminal.ts"

/** How a command finds the store. */
const storeSettingsShown = ["POSTERN_DATA_DIR", "POSTERN_STORE"]

const copyNotes = `Copies sessions, keys, failed logins and revocations, too: nobody is logged out.
What was written is read back and compared. A copy that fails or is interrupted leaves nothing.

No service may use either store. Give the settings of the service: they encrypt the keys.
Other users of the machine can see a password in PLACE: put a URL that has one into a file.
`

const doctorNotes = `URL is the public address; without it, that of the service or POSTERN_ISSUER.
On the machine of the service, as its user, it also compares what arrives with what was sent.
It logs nobody in, sends no secret and changes nothing. It takes at most 20 seconds.

Exit codes: 0 nothing is wrong, 1 something is wrong, 69 something could not be checked.
`

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
    name: "doctor",
    takes: ["[URL]"],
    help: "Say what is wrong between browser, proxy and Postern.",
    notes: doctorNotes,
    options: [{ name: "json", help: "Print a JSON object." }],
    shownSettings: ["POSTERN_DATA_DIR", "POSTERN_ISSUER"],
    run: async (call, terminal) => (await import("./doctor/doctor.ts")).runDoctor(call, terminal),
  },
  ...operatorCommands,
  {
    name: "store status",
    takes: [],
    help: "Show where the store is, what is in it, and what slows it down.",
    notes: "Reads only, and works while services run.\n",
    options: [{ name: "json", help: "Print a JSON object." }],
    shownSettings: storeSettingsShown,
    run: async (call, terminal) => (await import("./store_status.ts")).runStatus(call, terminal),
  },
  {
    name: "store migrate",
    takes: [],
    help: "Bring the tables in PostgreSQL up to date, as the role that owns them.",
    notes: `Makes the schema, or what an update adds, but no keys: it needs no POSTERN_STORE_SECRET.
A service whose role owns the schema does the same at its start.
`,
    shownSettings: storeSettingsShown,
    run: async (call, terminal) => (await import("./store_migrate.ts")).runMigrate(call, terminal),
  },
  {
    name: "store copy",
    takes: [],
    help: "Copy a whole store between a data directory and PostgreSQL.",
    notes: copyNotes,
    options: [
      { name: "from", takes: "PLACE", help: "The store to copy: a directory or postgres://…" },
      { name: "from-file", takes: "PATH", help: "A file that has PLACE in it." },
      { name: "to", takes: "PLACE", help: "The new store, in which there is nothing yet." },
      { name: "to-file", takes: "PATH", help: "A file that has PLACE in it." },
      { name: "dry-run", help: "Read and count everything, and write nothing." },
      { name: "json", help: "Print a JSON object." },
    ],
    shownSettings: ["POSTERN_STORE_SECRET", "POSTERN_STORE_CA", "POSTERN_ISSUER"],
    run: async (call, terminal) => (await import("./store_copy.ts")).runCopy(call, terminal),
  },
]

const importNotes = `FILE is JSON Lines, CSV or htpasswd, or - for standard input: docs/import.md.
Every line is checked first. If one is bad, nothing is imported, unless you add --skip-bad.
With --skip-bad it exits with 1 only if not one line is good.
Users keep their passwords. To go on after it was cut short, run the same command again.
`

const exportNotes = `Without FILE, or with -, it prints the users. They have password hashes,
so it prints to no terminal.
Sessions, keys, links and second factors are left out.
`

const transferCommands: readonly CommandRow[] = [
  {
    name: "user import",
    takes: ["FILE"],
    help: "Take users over from another system, with their password hashes.",
    notes: importNotes,
    options: [
      { name: "dry-run", help: "Check everything, and write nothing." },
      { name: "skip-bad", help: "Leave bad lines out, and import the others." },
      { name: "format", takes: "NAME", help: "jsonl, csv or htpasswd. The first line shows it." },
      {
        name: "firebase-hash-config",
        takes: "PATH",
        help: "A file with the password hash parameters of a Firebase project.",
      },
      { name: "json", help: "Print a JSON object." },
    ],
    shownSettings: storeSettingsShown,
    run: async (call, terminal) =>
      (await import("./import/user_import.ts")).runImport(call, terminal),
  },
  {
    name: "user export",
    takes: ["[FILE]"],
    help: "Write all users with their password hashes, to be imported elsewhere.",
    notes: exportNotes,
    options: [{ name: "format", takes: "NAME", help: "jsonl, which is the default, or csv." }],
    shownSettings: storeSettingsShown,
    run: async (call, terminal) =>
      (await import("./import/user_export.ts")).runExport(call, terminal),
  },
]

const completionCommand: CommandRow = {
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
}

const asJson = {
  list: { name: "json", help: "Print a JSON array, one record per line." },
  object: { name: "json", help: "Print a JSON object." },
} as const

const goOn = { name: "yes", help: "Go on without a question." }

/** What the values of options are called; the others are flags. */
const choiceValues: Partial<Record<string, string>> = {
  method: "METHOD",
  role: "ROLE",
  expires: "TIME",
} satisfies Partial<Record<ChoiceName, string>>

const adminNotes = `Asks the service that runs with the same data directory. If none runs,
it opens the store itself, in PostgreSQL also while replicas run elsewhere.
`

const sessionList: CommandRow = {
  name: "session list",
  takes: ["[NAME]"],
  help: "List the sessions of a user, or of all.",
  notes: adminNotes,
  shownSettings: storeSettingsShown,
  options: [asJson.list],
  run: async (call, terminal) => (await import("./session_list.ts")).runSessionList(call, terminal),
}

/** Every command. */
export const commandRows: readonly CommandRow[] = [
  ...ownCommands,
  ...adminCommands.flatMap((command) =>
    command[0] === "session.end" ? [sessionList, rowOf(command)] : [rowOf(command)],
  ),
  ...transferCommands,
  completionCommand,
]

function rowOf(command: readonly [CommandName, AdminCommand]): CommandRow {
  const [name, row] = command
  return {
    name: name.replaceAll(".", " "),
    takes: row.takes.filter((input) => input !== "password").map(argumentName),
    help: row.help,
    notes: adminNotes,
    shownSettings: storeSettingsShown,
    options: optionsOf(row),
    run: async (call: Call, terminal: Terminal) =>
      (await import("./admin.ts")).runAdmin(command, call, terminal),
  }
}

function argumentName(input: InputName): string {
  return input === "username" ? "NAME" : input.toUpperCase()
}

function optionsOf({ choices = {}, prints, asks }: AdminCommand): readonly CommandOption[] {
  const own = Object.entries(choices).map(([name, help]) => {
    const takes = choiceValues[name]
    return takes === undefined ? { name, help } : { name, takes, help, several: name === "role" }
  })
  return [...own, ...(prints ? [asJson[prints]] : []), ...(asks ? [goOn] : [])]
}
