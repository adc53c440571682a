// A row of the table of commands, and the arguments that a command is called with.

import type { ExitCode } from "../errors.ts"
import type { Terminal } from "./terminal.ts"

/** A command with what was typed after it. */
export interface Call {
  /** The values for what the command takes, without those of optional arguments that were not given. */
  readonly values: readonly string[]
  readonly isJson: boolean
  /** The command's own options that were given, by name; the value of a flag is empty. */
  readonly options: ReadonlyMap<string, string>
  /** By the name of a setting, the option that set it. */
  readonly optionNames: ReadonlyMap<string, string>
}

/** An option of a command, beside the settings. */
export interface CommandOption {
  /** Without its dashes. */
  readonly name: string
  /** One letter that stands for it. */
  readonly short?: string
  /** What its value is called; a flag has none. */
  readonly takes?: string
  /** Whether it may be given several times: the values have commas between them then. */
  readonly several?: boolean
  readonly help: string
}

/** A row of the table. */
export interface CommandRow {
  /** The words that choose it. */
  readonly name: string
  /** The names of its arguments, as its usage shows them: `NAME`, or `[NAME]` when optional. */
  readonly takes: readonly string[]
  /** One sentence. */
  readonly help: string
  /** More, for `postern help NAME`. */
  readonly notes?: string
  /** Which settings it goes by. All may be given as options, these are shown. */
  readonly shownSettings: "all" | readonly string[]
  readonly options?: readonly CommandOption[]
  /** It prints a log: lost lines are no failure, and its end does not wait long for a reader. */
  readonly serves?: true
  readonly run: (call: Call, terminal: Terminal) => Promise<ExitCode>
}
