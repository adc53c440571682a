// A queue in which groups take turns. Each waiter belongs to groups, such as its client and its
// account. Waiters are served in rounds. A waiter that is alone in its groups is served in the next
// round, even if many others wait. Each earlier waiter in one of its groups delays it by one round.
//
// When the queue is full, the waiter whose groups have the most waiters leaves. Of several, the
// newest leaves.

/** Who asks for a turn. */
export interface Asker {
  /** The names of its groups. All members of a group share turns. */
  readonly groups: readonly string[]
  /** False for a stranger. If the groups have equally many waiters, a stranger leaves first. */
  readonly isKnown: boolean
}

interface Group {
  readonly name: string
  waiting: number
}

interface Place {
  readonly groups: readonly Group[]
  readonly isKnown: boolean
  readonly round: number
}

/** The waiters. */
export class FairQueue<T> {
  readonly #waitingMax: number
  /** In the order of their arrival. */
  readonly #places = new Map<T, Place>()
  readonly #groups = new Map<string, Group>()
  #round = 0

  constructor(waitingMax: number) {
    this.#waitingMax = waitingMax
  }

  get size(): number {
    return this.#places.size
  }

  /** Adds a waiter. Gives the waiter that has to leave, or null. That can be the new one. */
  add(waiter: T, { groups, isKnown }: Asker): T | null {
    const own = groups.map((name) => this.#groups.get(name) ?? { name, waiting: 0 })
    this.#places.set(waiter, { groups: own, isKnown, round: this.#round + 1 + sumOf(own) })
    for (const group of own) {
      group.waiting += 1
      this.#groups.set(group.name, group)
    }
    if (this.size <= this.#waitingMax) return null
    const leaving = mostCrowded(this.#places)
    if (leaving !== null) this.remove(leaving)
    return leaving
  }

  /** Removes a waiter, if it is there. */
  remove(waiter: T): void {
    const place = this.#places.get(waiter)
    if (place === undefined) return
    this.#places.delete(waiter)
    for (const group of place.groups) {
      group.waiting -= 1
      if (group.waiting === 0) this.#groups.delete(group.name)
    }
  }

  /** Removes and gives the next waiter, or null when nobody waits. */
  takeNext(): T | null {
    let next: T | null = null
    let earliest = Number.POSITIVE_INFINITY
    for (const [waiter, { round }] of this.#places) {
      if (round >= earliest) continue
      earliest = round
      next = waiter
    }
    if (next === null) return null
    this.#round = earliest
    this.remove(next)
    return next
  }
}

/** The newest of the waiters with the most others in their groups. */
function mostCrowded<T>(places: ReadonlyMap<T, Place>): T | null {
  let found: T | null = null
  let highest = 0
  for (const [waiter, { groups, isKnown }] of places) {
    const others = sumOf(groups) - groups.length
    // Between two with equally many others, the stranger counts as more crowded.
    const crowd = isKnown ? others : others + 0.5
    if (crowd < highest) continue
    highest = crowd
    found = waiter
  }
  return found
}

/** The number of waiters in some groups. A waiter in two of the groups counts twice. */
function sumOf(groups: readonly Group[]): number {
  let sum = 0
  for (const { waiting } of groups) sum += waiting
  return sum
}
