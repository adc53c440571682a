// The texts of second factors: a part of texts.ts.

import { agoInWords, waitInWords } from "./durations.ts"
import { html } from "./html.ts"

/** The texts, by page. */
export const factorTexts = {
  code: {
    otp: {
      title: "Enter your code",
      lead: (site: string) =>
        html`The 6 digits that your authenticator app shows for <b>${site}</b>`,
      label: "Code",
      submit: "Continue",
      noCode: "Enter the code that your app shows.",
      wrong:
        "That code is not right. Each one works once, and for about a minute: enter the one that the app shows now. If no code works, let the phone set its clock by itself.",
    },
    recovery: {
      title: "Use a recovery code",
      lead: (_site: string) =>
        html`One of the codes that you saved when you set up your second factor. Each works once.`,
      label: "Recovery code",
      submit: "Continue",
      noCode: "Enter one of your recovery codes.",
      wrong: "That code is not right, or it was used before. Try another one.",
    },
    passkey: {
      title: "Use your passkey",
      lead: (username: string) =>
        html`Your password was right. Log in as <b>${username}</b> with one of your passkeys.`,
      label: "Use a passkey",
      stopped: "No passkey was used. Try again.",
      wrong: "That passkey did not work. Try again, or use another one.",
      without:
        "Your browser can’t use passkeys here. It needs JavaScript, and to be of 2025 or newer.",
    },
    digits: "6 digits",
    trust: (seconds: number) => `Don’t ask for a code on this device for ${waitInWords(seconds)}`,
    noApp: "No app at hand?",
    noPasskey: "No passkey at hand?",
    useRecovery: "Use a recovery code",
    hasApp: "App at hand?",
    useApp: "Enter a code from it",
    hasPasskey: "Passkey at hand?",
    usePasskey: "Use it",
    other: (username: string) => `Not ${username}?`,
    startOver: "Start over",
  },

  totp: {
    title: "Add an authenticator app",
    lead: "Scan this with the app, then enter the code that it shows.",
    requiredTitle: "Set up a second factor",
    requiredLead: (site: string) =>
      html`<b>${site}</b> asks you for more than a password. Scan this with an authenticator app, then enter the code that it shows.`,
    qr: "QR code for your authenticator app",
    cantScan: "Can’t scan? Enter this key:",
    here: "Is the app on this device?",
    open: "Open it",
    label: "Code from the app",
    submit: "Turn on",
    notNow: "Not now",
    noCode: "Enter the code that your app shows.",
    wrong:
      "That code is not right. Enter the one that the app shows now. If no code works, let the phone set its clock by itself.",
    stale: "That picture was too old. Scan this one.",
    orPasskey: "Or make a passkey, which needs no app:",
    passkey: "Set up a passkey",
    usePasskey: "Use a passkey instead",
    noApp:
      "No app yet? Any that makes codes of 6 digits will do: password managers often can, too.",
  },

  manageTotp: {
    title: "Authenticator app",
    on: (seconds: number) => `It was set up ${agoInWords(seconds)}.`,
    used: (seconds: number) => `A code of it was used ${agoInWords(seconds)}.`,
    codes: "Recovery codes",
    codesLeft: (left: number) =>
      left === 0
        ? "None is left. When your second factor is lost, only whoever runs this service can let you in."
        : `${left} of 10 are left. Each logs you in once when your second factor is lost.`,
    renew: "Make ten new ones",
    renewHelp: "New ones replace the old ones.",
    another: "Another app",
    anotherHelp: "On a new phone, for example. It replaces this one.",
    setUp: "Set up",
    setUpAnother: "Set up another app",
    offTitle: "Without an app",
    off: "Turn off",
    offHelpBeside: "You are logged out everywhere else. Your passkeys go on working.",
    offHelp:
      "Your password alone then logs you in. You are logged out everywhere else, and your recovery codes stop working.",
    keepsOne: (site: string) => `${site} asks you to have a second factor, so it stays on.`,
    back: "Back to your account",
  },

  passkeys: {
    title: "Passkeys",
    lead: "A passkey logs you in without your password: by your fingerprint, your face, or the PIN of a device.",
    noneHere: (host: string) =>
      html`Browsers make no passkeys for <b>${host}</b>. They need an https address with a host name.`,
    about: (secondsSinceAdded: number, secondsSinceUse: number | null) =>
      `added ${agoInWords(secondsSinceAdded)} · ${secondsSinceUse === null ? "never used" : `used ${agoInWords(secondsSinceUse)}`}`,
    synced: "Synced",
    remove: "Remove",
    removeOf: (name: string) => `Remove the passkey ${name}`,
    removeHelp:
      "What you remove stays on its device, and opens nothing any more. You are logged out everywhere else.",
    removeLast: "Without this one, your password alone logs you in.",
    keepsOne: (site: string) => `${site} asks you to have a second factor, so this one stays.`,
    add: "Add a passkey",
    name: "Name",
    nameHint: "So that you know later which one it is. You can leave it empty.",
    stopped: "No passkey was made. If this device has one of yours already, use that.",
    failed: "That passkey could not be added. Try again.",
    without:
      "Your browser can’t make passkeys here. It needs JavaScript, and to be of 2025 or newer.",
    full: "You have as many passkeys as one person can have. Remove one to add another.",
    added: "Your passkey is added.",
    removed: "That passkey opens nothing any more. You are logged out everywhere else.",
    back: "Back to your account",
  },

  recoveryCodes: {
    title: "Save your recovery codes",
    lead: (username: string, site: string) =>
      html`For <b>${username}</b> at <b>${site}</b>. Each of them logs you in once when your second factor is lost. They are shown only now: print them, or keep them in a password manager.`,
    copy: "Copy",
    copied: "Copied",
    print: "Print",
    saved: "I have saved them",
  },

  noFactor: {
    title: "This needs a second factor",
    lead: (host: string) =>
      html`<b>${host}</b> asks for more than a password, and you have not set up anything else yet.`,
    setUp: "Set up a second factor",
    submit: "Log in as someone else",
  },
} as const
