// Names a client by its User-Agent header, for people to recognise where they are logged in. A
// guess: anyone can send any header. Pure.

/** The first that is found counts: most browsers also name the ones that they descend from. */
const programs: readonly (readonly [found: RegExp, name: string])[] = [
  [/\bEdg(?:e|A|iOS)?\//, "Edge"],
  [/\bOPR\/|\bOpera\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\bVivaldi\//, "Vivaldi"],
  [/\b(?:Firefox|FxiOS)\//, "Firefox"],
  [/\b(?:Chrome|CriOS|Chromium)\//, "Chrome"],
  [/\bSafari\//, "Safari"],
]

const systems: readonly (readonly [found: RegExp, name: string])[] = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b|\bMacintosh\b/, "Mac"],
  [/\bLinux\b|\bX11\b/, "Linux"],
]

const nameLengthMax = 40

/** "Firefox on Linux", "curl", or "Unknown program". */
export function deviceName(userAgent: string): string {
  const program = programs.find(([found]) => found.test(userAgent))?.[1]
  const system = systems.find(([found]) => found.test(userAgent))?.[1]
  if (program !== undefined) return system === undefined ? program : `${program} on ${system}`
  const [product = ""] = userAgent.split(/[/ (;]/, 1)
  return product === "" ? "Unknown program" : product.slice(0, nameLengthMax)
}
