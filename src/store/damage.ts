// What makes a start stop: a file of the store that is not as it must be.

/** The place in a file, and what is wrong there. */
export class StoreDamage extends Error {
  override readonly name = "StoreDamage"
  readonly place: string

  constructor(place: string, why: string) {
    super(why)
    this.place = place
  }
}
