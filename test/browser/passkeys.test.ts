// Passkeys in a real browser with an authenticator: made on the account page, used by the button
// and in the field for the username, in the place of the password and after it.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import type { Page } from "playwright-core"
import { loggedIn, logIn, origins, siteForTests } from "../support/browser_site.ts"
import { account } from "../support/factor_pages.ts"
import { giveAuthenticator, type VirtualAuthenticator } from "../support/virtual_authenticator.ts"

const { skip, site } = await siteForTests({ POSTERN_REQUIRE_MFA: "role=staff" })
const login = `${origins.login}/login`
const passkeys = `${account}/passkeys`
const algorithms = { EdDSA: -8, ES256: -7, RS256: -257 }

/** Removes the factors that other tests may have given to a user. */
async function resetFactors(username: string): Promise<void> {
  const { stderr } = await site.command("user", "mfa", "reset", username, "--yes")
  assert.match(stderr, /^$|has no second factor/)
}

/** Makes a passkey on the account page, and comes back to its list. */
async function makePasskey(page: Page, name: string): Promise<void> {
  await page.goto(passkeys)
  await page.getByLabel("Name").fill(name)
  await page.getByRole("button", { name: "Add a passkey" }).click()
  const saved = page.getByRole("link", { name: "I have saved them" })
  await saved.or(page.getByRole("status")).waitFor()
  if ((await saved.count()) > 0) await saved.click()
  await page.getByRole("status").getByText("Your passkey is added.").waitFor()
  await page.getByText(name, { exact: true }).waitFor()
}

/** From now on the browser offers no passkey in the field: only the button asks for one. */
async function onlyByButton(page: Page): Promise<void> {
  await page.addInitScript(
    "PublicKeyCredential.isConditionalMediationAvailable = async () => false",
  )
}

async function logOut(page: Page): Promise<void> {
  await page.goto(account)
  await page.getByRole("button", { name: "Log out", exact: true }).click()
  await page.getByText("You are logged out").first().waitFor()
}

/** Another person's browser, with an authenticator that has a passkey; logged out. */
async function withPasskey(
  t: TestContext,
  username: "alice" | "bob" | "eve",
): Promise<{ readonly page: Page; readonly device: VirtualAuthenticator }> {
  await resetFactors(username)
  const page = await loggedIn(t, site, username)
  const device = await giveAuthenticator(page)
  await makePasskey(page, `Device of ${username}`)
  await logOut(page)
  await device.answers(false)
  return { page, device }
}

for (const [name, alg] of Object.entries(algorithms)) {
  test(`a passkey is made on the account page, and logs in by the button: ${name}`, {
    skip,
  }, async (t) => {
    await resetFactors("alice")
    const page = await loggedIn(t, site, "alice")
    const device = await giveAuthenticator(page)
    // The authenticator takes the first algorithm that it knows.
    await page.addInitScript(`{
      const parse = PublicKeyCredential.parseCreationOptionsFromJSON.bind(PublicKeyCredential)
      const pubKeyCredParams = [{ type: "public-key", alg: ${alg} }]
      PublicKeyCredential.parseCreationOptionsFromJSON = (options) =>
        parse({ ...options, pubKeyCredParams })
    }`)
    await page.getByRole("link", { name: "Add a passkey" }).click()
    await makePasskey(page, `Laptop with ${name}`)
    const [made, ...others] = await device.passkeys()
    assert.deepEqual([made?.userName, others], ["alice", []])
    await logOut(page)
    await onlyByButton(page)
    await page.goto(login)
    await page.getByLabel("Stay logged in on this device").check()
    await page.getByRole("button", { name: "Use a passkey" }).click()
    await page.waitForURL(account)
    await page.getByText(/^Logged in here just now, with a passkey\.$/).waitFor()
    const cookies = await page.context().cookies(origins.login)
    const session = cookies.find((cookie) => cookie.name === "__Host-postern")
    assert.ok((session?.expires ?? 0) > Date.now() / 1000, "the box was not taken over")
    await page.getByRole("link", { name: "Manage your passkeys" }).click()
    await page.getByText(/^added .* · used just now$/).waitFor()
  })
}

test("the browser offers passkeys in the field for the username", { skip }, async (t) => {
  const { page, device } = await withPasskey(t, "bob")
  await device.answers(true)
  await page.goto(login)
  await page.waitForURL(account)
  await page.getByText(/with a passkey\.$/).waitFor()
  // And goes on to where the person was going.
  await logOut(page)
  await page.goto(`${origins.photos}/album`)
  await page.waitForURL(`${origins.photos}/album`)
  assert.equal(await page.getByRole("heading").innerText(), "photos.home.example for bob")
})

test("after the password a passkey takes the place of the code", { skip }, async (t) => {
  const { page, device } = await withPasskey(t, "eve")
  await page.goto(login)
  await logIn(page, "eve")
  await page.getByRole("heading", { name: "Use your passkey" }).waitFor()
  assert.equal(await page.locator("#no-passkeys").count(), 0)
  // A person who is not recognised: the page says so, and nothing was sent.
  await device.recognises(false)
  await device.answers(true)
  await page.getByRole("button", { name: "Use a passkey" }).click()
  await page.getByRole("alert").getByText("No passkey was used.").waitFor()
  await device.recognises(true)
  await page.getByRole("button", { name: "Use a passkey" }).click()
  await page.waitForURL(account)
  await page.getByText(/with a password and a passkey\.$/).waitFor()
})

test("a browser without script, or without passkeys, shows nothing of them", {
  skip,
}, async (t) => {
  await withPasskey(t, "bob")
  const plain = await site.open(t, { javaScriptEnabled: false })
  const old = await site.open(t)
  await old.addInitScript("delete PublicKeyCredential.parseRequestOptionsFromJSON")
  for (const other of [plain, old]) {
    await other.goto(login)
    assert.equal(await other.getByRole("button", { name: "Use a passkey" }).count(), 0)
    await logIn(other, "bob")
    await other.getByText("Your browser can’t use passkeys here.").waitFor()
    await other.getByRole("link", { name: "Use a recovery code" }).click()
    await other.getByRole("link", { name: "Use it" }).click()
    await other.getByRole("heading", { name: "Use your passkey" }).waitFor()
  }
})

test("a passkey that is used on a host below, or at another port, logs nobody in", {
  skip,
}, async (t) => {
  const { page, device } = await withPasskey(t, "eve")
  await onlyByButton(page)
  await device.answers(true)
  const strange = ["https://evil.login.home.example", `${origins.login}:8443`]
  for (const origin of [...strange, origins.login]) {
    const isOwn = origin === origins.login
    if (!isOwn)
      await page.route(`${origin}/**`, (route) =>
        route.fulfill({ contentType: "text/html", body: "<title>evil</title>" }),
      )
    await page.goto(login)
    const options = await page.evaluate(`fetch("/login/passkey/options", {
      method: "POST", body: new URLSearchParams({ again: "" }),
    }).then((reply) => reply.text())`)
    if (!isOwn) await page.goto(`${origin}/`)
    // The browser lets a host below use the passkeys of its parent.
    const answer = await page.evaluate(`navigator.credentials.get({
      publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(${options}),
    }).then((credential) => JSON.stringify(credential))`)
    assert.match(String(answer), /"signature":"/)
    await page.goto(login)
    await page.evaluate(`{
      const form = document.forms[1]
      form.elements.credential.value = ${JSON.stringify(answer)}
      form.submit()
    }`)
    // What was wrong was the origin alone.
    if (isOwn) await page.waitForURL(account)
    else await page.getByRole("alert").getByText("That passkey did not work.").waitFor()
    const cookies = await page.context().cookies(origins.login)
    assert.equal(
      cookies.some(({ name }) => name === "__Host-postern"),
      isOwn,
    )
  }
})

test("a host that needs a second factor opens by a passkey, and asks for it after a day", {
  skip,
}, async (t) => {
  const { page, device } = await withPasskey(t, "alice")
  await onlyByButton(page)
  await device.answers(true)
  await page.goto(`${origins.vault}/z`)
  await page.getByLabel("Stay logged in on this device").check()
  await page.getByRole("button", { name: "Use a passkey" }).click()
  await page.waitForURL(`${origins.vault}/z`)
  assert.equal(await page.getByRole("heading").innerText(), "vault.example.net for alice")
  site.clock.advance(86_400)
  await page.goto(`${origins.safe}/x`)
  await page.getByRole("heading", { name: "Enter your password again" }).waitFor()
  await page.getByRole("button", { name: "Use a passkey" }).click()
  await page.waitForURL(`${origins.safe}/x`)
  assert.equal(await page.getByRole("heading").innerText(), "safe.home.example for alice")
})

test("a page of passkeys that was left open asks for the login once more", { skip }, async (t) => {
  await resetFactors("bob")
  const page = await loggedIn(t, site, "bob")
  const device = await giveAuthenticator(page)
  await page.goto(passkeys)
  site.clock.advance(1000)
  await page.getByRole("button", { name: "Add a passkey" }).click()
  await page.getByRole("heading", { name: "Enter your password again" }).waitFor()
  assert.deepEqual(await device.passkeys(), [])
})

test("who has to have a second factor makes a passkey in the place of an app", {
  skip,
}, async (t) => {
  await resetFactors("eve")
  await site.command("user", "role", "add", "eve", "staff")
  const page = await site.open(t)
  const device = await giveAuthenticator(page)
  await page.goto(`${origins.photos}/album`)
  await logIn(page, "eve")
  await page.getByRole("heading", { name: "Set up a second factor" }).waitFor()
  await page.getByRole("button", { name: "Set up a passkey" }).click()
  await page.getByRole("link", { name: "I have saved them" }).click()
  await page.waitForURL(`${origins.photos}/album`)
  assert.equal((await device.passkeys()).length, 1)
  await page.goto(passkeys)
  await page.getByText("Home asks you to have a second factor, so this one stays.").waitFor()
})
