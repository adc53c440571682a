// Judges what a comparison with a hash costs on this machine, before the hash is taken over. A
// client that knows such a user's name can make the service pay it again and again.

import { monotonicMillis } from "../../clock.ts"
import type { LegacyFormat, LegacyHash } from "./legacy_format.ts"
import { findLegacyFormat } from "./legacy_formats.ts"

interface CostLimits {
  readonly memoryBytesMax: number
  readonly millisMax: number
}

/** Says why a hash costs too much, or null. The text is one for the store. */
export type JudgeCost = (text: string) => Promise<string | null>

/** A comparison that was measured. */
interface Measured {
  readonly work: number
  readonly millis: number
}

/** The longest that all formats take. */
const password = "x".repeat(256)
const mebibyte = 1024 * 1024

/**
 * Makes a judge. It measures a small hash of each format, and goes by proportion to hashes of at
 * most twice the work of the largest that was measured. So it measures few hashes, and none that
 * would take very long.
 */
export function createCostJudge(limits: CostLimits, now = monotonicMillis): JudgeCost {
  const { memoryBytesMax, millisMax } = limits
  const largest = new Map<string, Measured>()
  return async (text) => {
    const format = findLegacyFormat(text)
    const hash = format?.read(text) ?? null
    if (format === null || hash === null) return null
    const { memoryBytes, work } = hash
    if (memoryBytes > memoryBytesMax) return tooLarge(memoryBytes, memoryBytesMax)
    let known = largest.get(format.prefix) ?? (await measureSample(format))
    const estimate = () => (known.millis * work) / known.work
    if (work > 2 * known.work && estimate() <= 2 * millisMax) known = await measure(hash)
    largest.set(format.prefix, known)
    return estimate() > millisMax ? tooSlow(estimate(), millisMax) : null
  }

  async function measure(hash: LegacyHash): Promise<Measured> {
    const millis = await time(hash)
    // The machine may have been busy.
    const least = millis > millisMax ? Math.min(millis, await time(hash)) : millis
    return { work: hash.work, millis: least }
  }

  // The first one also loads what it needs.
  async function measureSample({ read, sample }: LegacyFormat): Promise<Measured> {
    const hash = read(sample) as LegacyHash
    const times = [await time(hash), await time(hash), await time(hash)]
    return { work: hash.work, millis: Math.min(...times) }
  }

  async function time(hash: LegacyHash): Promise<number> {
    const start = now()
    await hash.verify(password)
    return now() - start
  }
}

function tooLarge(bytes: number, bytesMax: number): string {
  const [takes, most] = [bytes, bytesMax].map((one) => Math.ceil(one / mebibyte))
  return `a comparison with this hash takes ${takes} MiB of memory, more than ${most}`
}

function tooSlow(millis: number, millisMax: number): string {
  const [takes, most] = [millis, millisMax].map((one) => (one / 1000).toFixed(1))
  return `a comparison with this hash takes ${takes} s on this machine, more than ${most}`
}
