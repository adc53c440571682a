// The questions to a protected host, and the proxy's questions to Postern about them.

import type { SeenRequest } from "../../../admin/request_watch.ts"
import type { Sample } from "../evidence.ts"

const shownLength = 60

/** The request with which the proxy asked about a sample. */
export function questionIn({ seen }: Sample): SeenRequest | undefined {
  return seen.find(({ target }) => target.startsWith("/verify/"))
}

/** A sample by the name of its probe. */
export function sampleIn(samples: readonly Sample[], name: string): Sample | undefined {
  return samples.find(({ probe }) => probe.name === name)
}

/** Text that is short enough to be shown. */
export function shortened(text: string): string {
  const shown = text.replace(/doctor=[\w-]+/, "doctor=…")
  return shown.length > shownLength ? `${shown.slice(0, shownLength - 1)}…` : shown
}
