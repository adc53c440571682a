// The commands of the second day: back up, restore, look into the audit trail.

import type { CommandRow } from "./command_row.ts"

const statusNotes = `Shows first what is wrong, and what to do. It only reads, and also works
while no service runs.

Exit codes: 0 all is well, 1 there is a warning.
`

const backupNotes = `Works while the service runs, and while it does not. The file is whole, or
not there. Only its owner may read it, and it was read back before it got its name. It holds
the private keys: keep it as secret as the data directory. Your settings are not in it.
If keys.json is missing, the backup has no keys, and the command exits with 1.

A store in PostgreSQL is backed up by pg_dump.
`

const restoreNotes = `Stop the service first, and move what is left of the data directory away.
Ends all sessions, and voids links, cookies and used codes: they would live again. Everybody logs
in again. Passwords, roles and signing keys are the backup's. A damaged backup restores nothing.
`

const auditNotes = `Reads the file of POSTERN_AUDIT_FILE, also while the service runs.
Without --json it prints lines for people; with it, the lines as they are in the file.
Times are UTC.
`

const searchNotes = `${auditNotes}
Also searches what log rotation made of the file: audit.jsonl.1, audit.jsonl.2.gz,
audit.jsonl-20261123. A TIME is a while ago (90s, 15m, 2h, 7d) or a time: 2026-11-23,
2026-11-23T15:30.
`

const linesAsJson = { name: "json", help: "Print the lines as they are, one JSON object each." }

/** The rows of these commands. */
export const operatorCommands: readonly CommandRow[] = [
  {
    name: "status",
    takes: [],
    help: "Say whether all is well, and what to do first. Exits 1 with a warning.",
    notes: statusNotes,
    options: [{ name: "json", help: "Print a JSON object." }],
    shownSettings: ["POSTERN_DATA_DIR", "POSTERN_STORE", "POSTERN_STORE_SECRET", "POSTERN_PORT"],
    run: async (call, terminal) => (await import("./status/status.ts")).runStatus(call, terminal),
  },
  {
    name: "backup",
    takes: ["FILE"],
    help: "Write a backup of one moment to a file, or with `-` to a pipe.",
    notes: backupNotes,
    options: [
      { name: "force", help: "Replace FILE if it is there." },
      {
        name: "encrypt-to",
        takes: "RECIPIENT",
        help: "Encrypt it for age: age1…, several with commas.",
      },
      { name: "json", help: "Print a JSON object; with `-` to standard error." },
    ],
    shownSettings: ["POSTERN_DATA_DIR"],
    run: async (call, terminal) => (await import("./backup.ts")).runBackup(call, terminal),
  },
  {
    name: "restore",
    takes: ["FILE"],
    help: "Make a data directory from a backup, where there is none. `-` reads a pipe.",
    notes: restoreNotes,
    options: [
      {
        name: "identity",
        takes: "PATH",
        help: "The file of the key that decrypts it, of age-keygen.",
      },
      { name: "check", help: "Only read the backup, and say whether it is whole." },
      { name: "keep-sessions", help: "End no session: only if nothing ended since the backup." },
      { name: "json", help: "Print a JSON object." },
    ],
    shownSettings: ["POSTERN_DATA_DIR"],
    run: async (call, terminal) => (await import("./restore.ts")).runRestore(call, terminal),
  },
  {
    name: "audit tail",
    takes: [],
    help: "Show the last lines of the audit trail, and with -f those that come.",
    notes: auditNotes,
    options: [
      {
        name: "follow",
        short: "f",
        help: "Go on with the lines that come, also after log rotation.",
      },
      { name: "lines", short: "n", takes: "COUNT", help: "How many lines; default: 20" },
      linesAsJson,
    ],
    shownSettings: ["POSTERN_AUDIT_FILE"],
    run: async (call, terminal) =>
      (await import("./audit/audit_tail.ts")).runAuditTail(call, terminal),
  },
  {
    name: "audit search",
    takes: [],
    help: "Find lines of the audit trail by user, event and time.",
    notes: searchNotes,
    options: [
      { name: "user", takes: "NAME", help: "Only lines about this user." },
      { name: "by", takes: "NAME", help: "Only what this admin did over HTTP." },
      {
        name: "event",
        takes: "EVENT",
        help: "Only this event, or all that begin with a word: login",
      },
      { name: "since", takes: "TIME", help: "Only from this time on." },
      { name: "until", takes: "TIME", help: "Only before this time." },
      linesAsJson,
    ],
    shownSettings: ["POSTERN_AUDIT_FILE"],
    run: async (call, terminal) =>
      (await import("./audit/audit_search.ts")).runAuditSearch(call, terminal),
  },
]
