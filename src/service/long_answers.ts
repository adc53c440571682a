// The operator's commands whose answer is as long as the store. They are loaded when one is called.

import type { GivenAnswer, LongAnswerParts } from "./given_answer.ts"

/** The commands. */
export interface LongAnswers {
  /**
   * A backup of all that the store has now. The value is a `BackupSummary`.
   * @throws AuthError `invalid_request` over a database
   */
  backup(): Promise<GivenAnswer>
  /**
   * The sessions of a user, or of all for null (session_list.ts).
   * @throws AuthError `not_found` for an unknown user
   */
  listSessions(username: string | null): Promise<GivenAnswer>
  /** All users with their password hashes (user_export.ts). */
  exportUsers(): Promise<GivenAnswer>
}

/** Makes the commands. */
export function createLongAnswers(parts: LongAnswerParts): LongAnswers {
  return {
    backup: async () => (await import("./open_backup.ts")).openBackup(parts),
    listSessions: async (username) =>
      (await import("./session_list.ts")).openSessionList(username, parts),
    exportUsers: async () => (await import("./user_export.ts")).openUserExport(parts),
  }
}
