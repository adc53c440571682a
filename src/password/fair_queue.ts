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

/** The waiters. */
export interface FairQueue<T> {
  readonly size: number
  /** Adds a waiter. Gives the waiter that has to leave, or null. That can be the new one. */
  add(waiter: T, asker: Asker): T | null
  /** Removes a waiter, if it is there. */
  remove(waiter: T): void
  /** Removes and gives the next waiter, or null when nobody waits. */
  takeNext(): T | null
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

/** Makes a queue of at most `waitingMax` waiters. */
export function createFairQueue<T>(waitingMax: number): FairQueue<T> {
  /** In the order of their arrival. */
  const places = new Map<T, Place>()
  const groups = new Map<string, Group>()
  let round = 0

  return {
    get size() {
      return places.size
    },
    add(waiter, { groups: names, isKnown }) {
      const own = names.map((name) => groups.get(name) ?? { name, waiting: 0 })
      places.set(waiter, { groups: own, isKnown, round: round + 1 + sumOf(own) })
      for (const group of own) {
        group.waiting += 1
        groups.set(group.name, group)
      }
      if (places.size <= waitingMax) return null
      const leaving = mostCrowded(places)
      if (leaving !== null) remove(leaving)
      return leaving
    },
    remove,
    takeNext() {
      let next: T | null = null
      let earliest = Number.POSITIVE_INFINITY
      for (const [waiter, place] of places) {
        if (place.round >= earliest) continue
        earliest = place.round
        next = waiter
      }
      if (next === null) return null
      round = earliest
      remove(next)
      return next
    },
  }

  function remove(waiter: T): void {
    const place = places.get(waiter)
    if (place === undefined) return
    places.delete(waiter)
    for (const group of place.groups) {
      group.waiting -= 1
      if (group.waiting === 0) groups.delete(group.name)
    }
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
