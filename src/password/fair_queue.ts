// Who is next, and who has to leave when too many wait. Each waiter is in groups, such as that of
// its client and that of its account. Waiters are served in rounds. A waiter that is alone in its
// groups is served in the next round, however many others wait. A waiter with others before it in
// its groups comes as many rounds later. When the queue is full, the newest of the waiters with the
// most others in their groups has to leave.

/** Who asks for a turn. */
export interface Asker {
  /** Names of what shares its turns with others, such as its client and its account. */
  readonly groups: readonly string[]
  /** Whether it is no stranger. Where two have equally many in their groups a stranger leaves. */
  readonly isKnown: boolean
}

/** Those who wait. */
export interface FairQueue<T> {
  readonly size: number
  /** Lets one wait, and gives who has to leave for that, perhaps itself, or null. */
  add(waiter: T, asker: Asker): T | null
  /** Forgets one that waits no longer. */
  remove(waiter: T): void
  /** Takes the next one out, or gives null when nobody waits. */
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

/** Makes a queue in which so many may wait. */
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
      const leaving = heaviest(places)
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

/** The newest of those with the most others in their groups. */
function heaviest<T>(places: ReadonlyMap<T, Place>): T | null {
  let found: T | null = null
  let most = 0
  for (const [waiter, { groups, isKnown }] of places) {
    const others = sumOf(groups) - groups.length
    // Of two with equally many others the stranger is the heavier one.
    const weight = isKnown ? others : others + 0.5
    if (weight < most) continue
    most = weight
    found = waiter
  }
  return found
}

/** How many wait in some groups; who is in two of them counts twice. */
function sumOf(groups: readonly Group[]): number {
  let sum = 0
  for (const { waiting } of groups) sum += waiting
  return sum
}
