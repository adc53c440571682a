// What a row of the table of settings says.

/** A row of the table. */
export interface Setting<T = unknown> {
  readonly name: string
  readonly parse: (value: string) => T
  /** The text taken when the setting is absent; null when there is none. */
  readonly fallback: string | null
  /** What documents show as the default. */
  readonly shownDefault?: string
  readonly help: string
  /** Never shown, may come from the file that NAME_FILE names, and leaves `process.env` once read. */
  readonly secret?: true
  /** Not secret, but may come from the file that NAME_FILE names. */
  readonly mayBeFile?: true
  /** Control characters that its text may have. */
  readonly mayHold?: string
}

/** Whether the text of a setting may come from a file. */
export function mayBeFile({ secret, mayBeFile }: Setting): boolean {
  return secret === true || mayBeFile === true
}
