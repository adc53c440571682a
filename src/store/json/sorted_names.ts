// The usernames in their order, for lists that are read page by page. They are put in order when
// somebody asks for the first time, in turns that let others work meanwhile; from then on each
// creation and deletion is noted. Until then it costs nothing.

import { setImmediate as turn } from "node:timers/promises"

/** Names are kept in lists of at most so many: a new one moves few others. */
const listMax = 1000
/** How many names are put in order before others have their turn. */
const namesPerTurn = 1000

/** Usernames in order. */
export class SortedNames {
  readonly #source: ReadonlyMap<string, unknown>
  /** Lists in order, none of them empty; null until somebody asks. */
  #lists: string[][] | null = null
  #ready: Promise<void> | null = null

  /** `source` has the names as its keys. */
  constructor(source: ReadonlyMap<string, unknown>) {
    this.#source = source
  }

  /** Puts the names in order. Call it before `after`. */
  ready(): Promise<void> {
    this.#ready ??= this.#sort()
    return this.#ready
  }

  /** The next names after a text, at most so many. */
  after(text: string, most: number): readonly string[] {
    const lists = this.#lists ?? []
    const found: string[] = []
    let at = Math.max(0, placeIn(lists, ([first = ""]) => first <= text) - 1)
    for (; at < lists.length && found.length < most; at += 1) {
      const list = lists[at] ?? []
      const from = placeIn(list, (name) => name <= text)
      found.push(...list.slice(from, from + most - found.length))
    }
    return found
  }

  /** Notes that a name has come or gone. */
  note(name: string, isThere: boolean): void {
    if (this.#lists === null) return
    if (isThere) add(this.#lists, name)
    else remove(this.#lists, name)
  }

  // What comes or goes meanwhile is noted, too.
  async #sort(): Promise<void> {
    const lists: string[][] = []
    this.#lists = lists
    let seen = 0
    for (const name of this.#source.keys()) {
      add(lists, name)
      seen += 1
      if (seen % namesPerTurn === 0) await turn()
    }
  }
}

function add(lists: string[][], name: string): void {
  const at = Math.max(0, placeIn(lists, ([first = ""]) => first <= name) - 1)
  const list = lists[at]
  if (list === undefined) return void lists.push([name])
  const place = placeIn(list, (one) => one < name)
  if (list[place] === name) return
  list.splice(place, 0, name)
  if (list.length > listMax) lists.splice(at + 1, 0, list.splice(listMax / 2))
}

function remove(lists: string[][], name: string): void {
  const at = placeIn(lists, ([first = ""]) => first <= name) - 1
  const list = lists[at] ?? []
  const place = placeIn(list, (one) => one < name)
  if (list[place] !== name) return
  list.splice(place, 1)
  if (list.length === 0) lists.splice(at, 1)
}

/** How many elements at the beginning of an ordered list are before a place. */
function placeIn<T>(list: readonly T[], isBefore: (one: T) => boolean): number {
  let [low, high] = [0, list.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isBefore(list[middle] as T)) low = middle + 1
    else high = middle
  }
  return low
}
