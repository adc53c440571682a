// The usernames in their order, for lists that are read page by page. They are put in order in
// turns that let others work meanwhile; each creation and deletion is noted.

import { setImmediate as turn } from "node:timers/promises"

/** Names are kept in lists of at most so many: a new one moves few others. */
const listMax = 1000
/** How many names are put in order before others have their turn. */
const namesPerTurn = 1000

/** Usernames in order. */
export class SortedNames {
  /** Lists in order, none of them empty. */
  readonly #lists: string[][] = []
  /** Resolves when all names are in order. */
  readonly ready: Promise<void>

  /** `source` has the names as its keys. */
  constructor(source: ReadonlyMap<string, unknown>) {
    this.ready = this.#sort(source)
  }

  /** The next names after a text, at most so many. Only when `ready` has resolved. */
  after(text: string, most: number): readonly string[] {
    const lists = this.#lists
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
    if (isThere) add(this.#lists, name)
    else remove(this.#lists, name)
  }

  // What comes or goes meanwhile is noted, too.
  async #sort(source: ReadonlyMap<string, unknown>): Promise<void> {
    let seen = 0
    for (const name of source.keys()) {
      add(this.#lists, name)
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
