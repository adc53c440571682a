// Undoes the usual substitutions of letters, such as in p4$$w0rd, so that passwords are compared by
// what people read. 1, i, l and ! are one letter.

const letterOf: Readonly<Record<string, string>> = {
  ...{ "0": "o", "1": "i", "2": "z", "3": "e", "4": "a", "5": "s", "6": "g", "7": "t", "8": "b" },
  ...{ "9": "g", "@": "a", $: "s", "!": "i", l: "i" },
}

/** The spelling of a lower-case text for comparing. It is as long as the text. */
export function spell(text: string): string {
  return text.replace(/[0-9@$!l]/g, (character) => letterOf[character] ?? character)
}
