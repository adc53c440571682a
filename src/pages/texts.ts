// Every text of the pages, in one record: to be read, judged and translated in one place.

import { agoInWords, waitInWords } from "./durations.ts"
import { factorTexts } from "./factor_texts.ts"
import { type Html, html } from "./html.ts"

/** The texts, by page. Functions take what a text names. */
export const texts = {
  titleOfError: (title: string) => `Error: ${title}`,
  titleOfPage: (title: string, site: string) => `${title} – ${site}`,

  ...factorTexts,

  password: {
    show: "Show",
    hide: "Hide",
    showLabel: "Show password",
    hideLabel: "Hide password",
    caps: "Caps Lock is on.",
  },

  login: {
    title: "Log in",
    again: "Enter your password again",
    againLead: (username: string) =>
      html`You are logged in as <b>${username}</b>. What you want to do next needs a recent login.`,
    againForFactor: (username: string) =>
      html`You are logged in as <b>${username}</b>. What you want to do next needs a recent login with your second factor.`,
    againForEnrolment: (username: string) =>
      html`You are logged in as <b>${username}</b>. You need a second factor from now on: you set it up next.`,
    to: (host: string) => html`to continue to <b>${host}</b>`,
    username: "Username",
    password: "Password",
    stay: "Stay logged in on this device",
    submit: "Log in",
    submitAgain: "Continue",
    passkey: "Use a passkey",
    passkeyStopped: "No passkey was used. Try again, or enter your password.",
    other: "Log in as someone else",
    help: (site: string) => `Can’t log in? Ask whoever runs ${site} for a new link.`,
    noUsername: "Enter your username.",
    noPassword: "Enter your password.",
  },

  refused: {
    wrong: "That name or password is not right.",
    wrongHelp: (site: string) =>
      `Check both and try again. After many wrong passwords an account is closed to devices that it does not know: whoever runs ${site} can open it.`,
    passkey: "That passkey did not work.",
    passkeyHelp:
      "Perhaps it took too long, or it was removed from your account. Try again, or enter your password.",
    late: "Your login took too long.",
    codes: "Too many codes were wrong.",
    again: "Start over with your password.",
    tooMany: "Too many attempts.",
    tooManyHelp: (seconds: number) => `Try again in ${waitInWords(seconds)}.`,
    busy: "Too much is going on just now.",
    busyHelp: (seconds: number) =>
      `Nothing is wrong with what you entered. Try again in ${waitInWords(seconds)}.`,
  },

  onward: {
    loggedIn: "You are logged in",
    to: (host: string) => html`on to <b>${host}</b>`,
    link: "Go on",
  },

  loggedOut: {
    title: "You are logged out",
    lead: (site: string) => `On this device, of everything behind ${site}.`,
    again: "Log in again",
  },

  logout: {
    title: "Log out?",
    lead: (username: string) => html`You are logged in as <b>${username}</b>.`,
    submit: "Log out",
    stay: "Stay logged in",
  },

  denied: {
    title: "You can’t open this",
    lead: (username: string, host: string | null) =>
      host === null
        ? html`You are logged in as <b>${username}</b>, but this is not for you.`
        : html`You are logged in as <b>${username}</b>, but <b>${host}</b> is not for you.`,
    roles: (username: string, host: string, roles: Html) =>
      html`You are logged in as <b>${username}</b>, but <b>${host}</b> is for the role ${roles}.`,
    or: " or ",
    atHost: (host: string) => `You are logged in, but ${host} is not for you.`,
    why: "Why, and what to do",
    submit: "Log in as someone else",
    notDenied: "You can open this",
    notDeniedLead: (username: string, host: string) =>
      html`You are logged in as <b>${username}</b>, and <b>${host}</b> is for you.`,
    open: (host: string) => `Open ${host}`,
    stillDenied: (site: string) =>
      `Does it still turn you away? Tell whoever runs ${site}, and name this request:`,
    help: (site: string) => `Think this is wrong? Ask whoever runs ${site}, and name this request:`,
  },

  cookie: {
    title: "Your browser kept no cookie",
    lead: "The password was right, but without its cookie nobody can tell that you are logged in.",
    hosts: (host: string) => `Allow cookies for ${host}, also in private windows.`,
    https: "Open it with https.",
    clock: "Check the date and time of this device.",
    again: "Try again",
    handOver: "The login did not arrive",
    handOverLead: (host: string) =>
      html`You are logged in here, but your browser kept no cookie of <b>${host}</b>. Allow its cookies, also in private windows, and close its other tabs.`,
  },

  link: {
    invite: { title: "Choose a password", heading: (username: string) => `Welcome, ${username}` },
    reset: {
      title: "Choose a new password",
      heading: (username: string) => `New password for ${username}`,
    },
    lead: (seconds: number) =>
      `Choose a password, and you’re in. This link works once, for another ${waitInWords(seconds)}.`,
    removesFactors: "Your second factor is removed, too.",
    password: "New password",
    rule: (characters: number) =>
      `At least ${characters} characters. A few words that don’t belong together do well.`,
    submit: "Set password and log in",
    noPassword: "Enter a new password.",
    other: (username: string) =>
      `Nothing was set. This browser has opened another link since, and that one is for ${username}.`,
    goneTitle: "This link doesn’t work",
    gone: "It was used already, it has expired, or a newer one was made.",
    goneHelp: (site: string) => `Ask whoever runs ${site} for a new link.`,
    login: "Log in",
  },

  account: {
    title: "Your account",
    logOut: "Log out",
    since: (seconds: number, ways: readonly ("pwd" | "otp" | "key")[]) =>
      `Logged in here ${agoInWords(seconds)}, with ${inWords(ways)}.`,
    sessions: "Where you are logged in",
    thisDevice: "This device",
    used: (seconds: number) =>
      seconds < 600 ? "used in the last ten minutes" : `used ${agoInWords(seconds)}`,
    logOutOf: (device: string) => `Log out ${device}`,
    others: "Log out everywhere else",
    recent: "Recent logins",
    event: (failures: number, isCode: boolean) => {
      const what = isCode ? "Right password, wrong code" : "Wrong password"
      if (failures === 0) return "Login"
      return failures === 1 ? what : `${what}, ${failures.toLocaleString("en")} times`
    },
    recentHelp: "Was this not you? Change your password. That logs everybody else out.",
    how: "How you log in",
    password: "Password",
    change: "Change password",
    current: "Current password",
    next: "New password",
    submit: "Change password",
    wrongCurrent: "This is not your current password.",
    noCurrent: "Enter your current password.",
    noNext: "Enter a new password.",
    changed: "Your password is changed. You are logged out everywhere else.",
    ended: "You are logged out there.",
    othersEnded: "You are logged out everywhere else.",
    totpOn: "Your authenticator app is on. You are logged out everywhere else.",
    totpAdded: "Your authenticator app is on.",
    totpOff: "Your authenticator app is off. You are logged out everywhere else.",
    totp: "Authenticator app",
    totpIsOn: (seconds: number, codesLeft: number) =>
      `set up ${agoInWords(seconds)} · ${codesLeft} of 10 recovery codes left`,
    totpIsOff: (isAlone: boolean) => (isAlone ? "off: your password alone logs you in" : "off"),
    trusted: "Trusted devices",
    trustedCount: (count: number) =>
      count === 1 ? "1 device needs no code" : `${count} devices need no code`,
    forget: "Ask for a code again",
    forgotten: "All devices are asked for a code from now on.",
    manage: "Manage",
    manageTotp: "Manage the authenticator app",
    setUp: "Set up",
    setUpTotp: "Set up an authenticator app",
    passkeys: "Passkeys",
    passkeysNone: "none: with one, you need no password",
    passkeysCount: (count: number) => (count === 1 ? "1 passkey" : `${count} passkeys`),
    add: "Add",
    addPasskey: "Add a passkey",
    managePasskeys: "Manage your passkeys",
  },

  fault: {
    request: "Ask whoever runs this service, and name this request:",
    home: "Go to your account",
    crossSite: "This came from another site",
    crossSiteLead: "Nothing was done. Do it on this page itself, not from a link or another site.",
    form: "The form could not be read",
    formLead: "Nothing was done. Go back, reload the page, and try again.",
    tooMany: "Too many attempts",
    busy: "Try again in a moment",
    busyLead: (seconds: number) => `Nothing was done. Try again in ${waitInWords(seconds)}.`,
    refused: "This can’t be done",
    broken: "Something went wrong here",
    brokenLead: "It is not your fault. Try again, or come back later.",
    to: "This address can’t be opened from here",
    toLead: (site: string) =>
      `Only services that ${site} protects can be. Go back to where you came from.`,
    address: "This page doesn’t work at this address",
    addressLead: (address: string) =>
      html`Browsers drop its cookie here, so that nobody could stay logged in. It is at <b>${address}</b>.`,
    plainLead: (address: string) =>
      html`It came over plain http, where browsers drop its cookie. It is at <b>${address}</b>. If you opened that, the proxy in front tells Postern something else.`,
    open: "Open it there",
  },
} as const

/** How a person logged in. */
function inWords(ways: readonly ("pwd" | "otp" | "key")[]): string {
  const words = { pwd: "a password", otp: "a code", key: "a passkey" }
  const [last = "", ...others] = ways.map((way) => words[way]).reverse()
  return others.length === 0 ? last : `${others.reverse().join(", ")} and ${last}`
}
