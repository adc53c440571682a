// The virtual authenticator of Chromium (CDP, WebAuthn domain): a device with passkeys, in front of
// which a person stands or does not.

import type { Page } from "playwright-core"

/** A passkey of a virtual authenticator. */
export interface VirtualPasskey {
  readonly credentialId: string
  readonly userName?: string
  readonly signCount: number
}

/** An authenticator. */
export interface VirtualAuthenticator {
  /** Whether it answers at once, as if a person had touched it. */
  answers(isThere: boolean): Promise<void>
  /** Whether the person is recognised by finger, face or PIN. */
  recognises(isVerified: boolean): Promise<void>
  passkeys(): Promise<readonly VirtualPasskey[]>
}

/** Gives a page's browser an authenticator: inside, as laptops have, or one that is plugged in. */
export async function giveAuthenticator(
  page: Page,
  transport: "internal" | "usb" = "internal",
): Promise<VirtualAuthenticator> {
  const devices = await page.context().newCDPSession(page)
  await devices.send("WebAuthn.enable")
  const { authenticatorId } = await devices.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      ...({ protocol: "ctap2", transport } as const),
      ...{ hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
      automaticPresenceSimulation: true,
    },
  })
  return {
    async answers(enabled) {
      await devices.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled })
    },
    async recognises(isUserVerified) {
      await devices.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified })
    },
    async passkeys() {
      return (await devices.send("WebAuthn.getCredentials", { authenticatorId })).credentials
    },
  }
}
