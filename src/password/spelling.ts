// Spells texts that people take for one in one way: with the letters that digits and signs stand
// for, such as in p4$$w0rd, and with one letter for those that look alike, 1, i, l and !.

const letterOf: Readonly<Record<string, string>> = {
  ...{ "0": "o", "1": "i", "2": "z", "3": "e", "4": "a", "5": "s", "6": "g", "7": "t", "8": "b" },
  ...{ "9": "g", "@": "a", $: "s", "!": "i", l: "i" },
}

/** The spelling in which passwords, in lower case, are compared; as long as the text. */
export function spell(text: string): string {
  return text.replace(/[0-9@$!l]/g, (character) => letterOf[character] ?? character)
}
