// Replaces digits and signs by the letters that they stand for: p4$$w0rd becomes password. 1, i, l
// and ! become one letter. Passwords are compared in this spelling.

const letterOf: Readonly<Record<string, string>> = {
  ...{ "0": "o", "1": "i", "2": "z", "3": "e", "4": "a", "5": "s", "6": "g", "7": "t", "8": "b" },
  ...{ "9": "g", "@": "a", $: "s", "!": "i", l: "i" },
}

/** Spells a lower-case text for comparing. The result has the length of the text. */
export function spell(text: string): string {
  return text.replace(/[0-9@$!l]/g, (character) => letterOf[character] ?? character)
}
