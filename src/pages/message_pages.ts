// The pages that say one thing, and perhaps offer one button: logged out, log out?, denied, no
// cookie, and what is wrong.

import type { Destination } from "../domain/destination.ts"
import { type Html, html } from "./html.ts"
import { layout, mark, type Page, type Site } from "./layout.ts"
import { texts } from "./texts.ts"

/** The person has no session here any more. */
export function loggedOutPage(site: Site): Html {
  const { title, lead, again } = texts.loggedOut
  return message(
    {
      title,
      lead: lead(site.name),
      more: html`<p class="action"><a class="button" href="/login">${again}</a></p>`,
    },
    site,
  )
}

/** Asks before a logout: GET changes nothing, since any site can link to it. */
export function logOutPage(
  { username, to }: { readonly username: string; readonly to: string | null },
  site: Site,
): Html {
  const { title, lead, submit, stay } = texts.logout
  return message(
    {
      title,
      lead: lead(username),
      more: html`
${logOutForm(to, { label: submit, isQuiet: false })}
<p class="more"><a href="${to ?? "/account"}">${stay}</a></p>`,
    },
    site,
  )
}

/** What the denied page shows. */
interface DeniedView {
  readonly username: string
  /** Where the person wanted to go: an address of a protected host. */
  readonly to: { readonly url: string; readonly host: string } | null
  /** The roles, of which one would do. Empty where none would. */
  readonly roles: readonly string[]
  /** The id of the request, by which the operator finds it in the log. */
  readonly requestId: string
}

/** The person is known, but may not open this. */
export function deniedPage({ username, to, roles, requestId }: DeniedView, site: Site): Html {
  const { denied } = texts
  const names = roles.map((role, at) => html`${at === 0 ? "" : denied.or}<b>${role}</b>`)
  const lead =
    to === null || roles.length === 0
      ? denied.lead(username, to?.host ?? null)
      : denied.roles(username, to.host, html`${names}`)
  const more = html`
${logOutForm(to?.url ?? null, { label: denied.submit, isQuiet: true })}
<p class="more">${denied.help(site.name)} <span class="secret">${requestId}</span></p>`
  return message({ title: denied.title, lead, more, isError: true }, site)
}

/** The host asks for a second factor, and the person has none. They can set one up at `setUpAt`. */
export function noFactorPage({ url, host }: Destination, setUpAt: string, site: Site): Html {
  const { title, lead, setUp, submit } = texts.noFactor
  const more = html`<p class="action"><a class="button" href="${setUpAt}">${setUp}</a></p>
${logOutForm(url, { label: submit, isQuiet: true })}`
  return message({ title, lead: lead(host.name), more, isError: true }, site)
}

/** The person may open this: now, or as far as the rules of its host go. */
export function notDeniedPage(
  { username, to, requestId }: Omit<DeniedView, "roles" | "to"> & { readonly to: Destination },
  site: Site,
): Html {
  const { denied } = texts
  const { name } = to.host
  const more = html`
<p class="action"><a class="button" href="${to.url}">${denied.open(name)}</a></p>
<p class="more">${denied.stillDenied(site.name)} <span class="secret">${requestId}</span></p>`
  const lead = denied.notDeniedLead(username, name)
  return message({ title: denied.notDenied, lead, more }, site)
}

/** The password was right, but the browser sent no cookie afterwards. */
export function cookiePage(site: Site): Html {
  const { title, lead, hosts, https, clock, again } = texts.cookie
  const more = html`<ul class="hint"><li>${hosts(site.host)}</li>
<li>${https}</li><li>${clock}</li></ul>
<p class="action"><a class="button" href="/login">${again}</a></p>`
  return message({ title, lead, more, isError: true }, site)
}

/** A protected host did not take the login over. */
export function handOverPage({ url, host }: Destination, site: Site): Html {
  const { handOver: title, handOverLead, clock, again: label } = texts.cookie
  const lead = html`${handOverLead(host.name)} ${clock}`
  return faultPage({ title, lead, link: { label, href: url } }, site)
}

/** Shown for a moment, while the browser goes on to a protected host. */
export function onwardPage({ url, host }: Destination, title: string, site: Site): Html {
  const { to, link } = texts.onward
  const more = html`<p class="action"><a class="button" href="${url}">${link}</a></p>`
  return message({ title, lead: to(host.name), more }, site)
}

/** What is wrong, and what to do. */
export interface FaultView {
  readonly title: string
  readonly lead: string | Html
  readonly link?: { readonly label: string; readonly href: string } | null
  /** Shown where the operator has to look for it in the log. */
  readonly requestId?: string | null
}

/** A page that says what is wrong. */
export function faultPage(
  { title, lead, link = null, requestId = null }: FaultView,
  site: Site,
): Html {
  const button =
    link === null
      ? null
      : html`<p class="action"><a class="button" href="${link.href}">${link.label}</a></p>`
  const request =
    requestId === null
      ? null
      : html`<p class="more">${texts.fault.request} <span class="secret">${requestId}</span></p>`
  return message({ title, lead, more: html`${button}${request}`, isError: true }, site)
}

function message(
  { title, lead, more, ...rest }: Omit<Page, "main"> & { lead: string | Html; more: Html },
  site: Site,
): Html {
  const main = html`${mark}
<h1>${title}</h1>
<p class="lead">${lead}</p>
${more}`
  return layout({ title, main, ...rest }, site)
}

function logOutForm(
  to: string | null,
  { label, isQuiet }: { readonly label: string; readonly isQuiet: boolean },
): Html {
  const target = to === null ? null : html`<input type="hidden" name="to" value="${to}">`
  return html`<form method="post" action="/logout" data-once>${target}<button class="button${isQuiet ? " quiet" : ""}" type="submit">${label}</button></form>`
}
