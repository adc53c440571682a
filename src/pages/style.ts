// The one style sheet of the pages: no framework, no font, no image. Light and dark follow the
// system. It is text in the program, so that no file can be missing where the program runs.

/** The sheet. */
export const style = `/* Postern's pages. Light and dark follow the system. */
:root {
  color-scheme: light dark; --ground: #f4f3ef; --card: #fffefb; --ink: #1d2321; --soft: #5a635f;
  --line: #dcdad2; --field: #8b918c; --accent: #1f5c4a; --accent-ink: #ffffff;
  --accent-over: #174a3b; --wash: #e9f0ec; --bad: #9b2226; --bad-wash: #fbeceb;
  --shadow: 0 1px 2px rgb(29 35 33 / 6%), 0 12px 32px -12px rgb(29 35 33 / 14%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #121614; --card: #1a1f1d; --ink: #e9ebe7; --soft: #a3ada7; --line: #2e3532;
    --field: #6d7671; --accent: #8fd0b6; --accent-ink: #0f1f19; --accent-over: #a9dfca;
    --wash: #20302a; --bad: #ffb4ab; --bad-wash: #38201f; --shadow: none;
  }
}
* { box-sizing: border-box; }
html {
  font: 100%/1.5 -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial,
    sans-serif;
  -webkit-text-size-adjust: 100%;
}
body {
  margin: 0; min-height: 100vh; min-height: 100dvh; display: grid;
  grid-template-rows: 1fr auto 1.35fr; justify-items: center; padding: 1.25rem 1rem;
  background: var(--ground); color: var(--ink);
}
body > footer {
  grid-row: 3; align-self: end; color: var(--soft); font-size: .8125rem;
  padding-block: 1.5rem .25rem;
}
main {
  grid-row: 2; width: 100%; max-width: 25rem; background: var(--card);
  border: 1px solid var(--line); border-radius: 1rem; padding: 2rem; box-shadow: var(--shadow);
}
main.wide { max-width: 40rem; }
.mark {
  display: block; width: 2.25rem; height: 2.25rem; color: var(--accent); margin-bottom: 1.25rem;
}
h1 {
  font-size: 1.5rem; line-height: 1.2; letter-spacing: -.015em; font-weight: 650; margin: 0;
  text-wrap: balance; overflow-wrap: anywhere;
}
h2 { font-size: 1rem; font-weight: 650; margin: 2rem 0 .5rem; }
p, li { overflow-wrap: anywhere; }
p { margin: .5rem 0 0; }
.lead { color: var(--soft); }
.lead b { color: var(--ink); font-weight: 600; overflow-wrap: anywhere; }
form { margin: 1.5rem 0 0; display: grid; gap: 1.125rem; }
form.inline { margin: 0; display: block; }
label { display: block; font-weight: 550; font-size: .9375rem; margin-bottom: .375rem; }
.hint { color: var(--soft); font-size: .875rem; margin: .375rem 0 0; }
ul.hint { margin-top: .75rem; padding-left: 1.25rem; }
.field { position: relative; }
input:not([type=checkbox]) {
  width: 100%; min-height: 2.875rem; padding: .625rem .875rem; font: inherit; color: inherit;
  background: var(--card); border: 1px solid var(--field); border-radius: .625rem;
}
input[aria-invalid=true] { border-color: var(--bad); }
input.code, input.secret {
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
input.code { font-size: 1.5rem; font-weight: 500; letter-spacing: .35em; text-align: center; }
.reveal {
  position: absolute; right: .375rem; bottom: .375rem; min-height: 2.125rem; padding: 0 .625rem;
  border: 0; border-radius: .375rem; background: var(--card); color: var(--soft); font: inherit;
  font-size: .875rem; cursor: pointer;
}
.has-reveal input { padding-right: 4.5rem; }
.check {
  display: flex; gap: .625rem; align-items: center; font-weight: 400; margin: 0;
  min-height: 1.5rem;
}
.check input {
  width: 1.125rem; height: 1.125rem; margin: 0; accent-color: var(--accent); flex: none;
}
.button {
  display: flex; align-items: center; justify-content: center; gap: .5rem; width: 100%;
  min-height: 2.875rem; padding: .625rem 1rem; font: inherit; font-weight: 600;
  text-decoration: none; color: var(--accent-ink); background: var(--accent);
  border: 1px solid transparent; border-radius: .625rem; cursor: pointer;
}
.button:hover { background: var(--accent-over); }
.button.quiet { color: var(--ink); background: transparent; border-color: var(--field); }
.button.quiet:hover { background: var(--wash); }
.button.small {
  width: auto; min-height: 2.25rem; padding: .25rem .75rem; font-size: .875rem;
  font-weight: 550; overflow-wrap: normal;
}
.button[aria-disabled=true] { opacity: .65; cursor: progress; }
:is(a, button, input, summary):focus-visible {
  outline: 3px solid var(--accent); outline-offset: 2px;
}
input:not([type=checkbox]):focus-visible {
  outline-width: 2px; outline-offset: -1px; border-color: var(--accent);
}
a { color: var(--accent); text-underline-offset: .18em; }
.note {
  margin: 1.25rem 0 0; padding: .75rem 1rem; border-radius: .625rem; background: var(--wash);
  font-size: .9375rem;
}
.note.bad { background: var(--bad-wash); color: var(--bad); }
.note p { margin: .25rem 0 0; }
.more { margin-top: 1.25rem; font-size: .9375rem; color: var(--soft); }
.rows { list-style: none; margin: 0; padding: 0; border-top: 1px solid var(--line); }
.rows li {
  display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center;
  padding: .75rem 0; border-bottom: 1px solid var(--line);
}
.rows li > span { flex: 1 1 11rem; min-width: 0; }
.rows small { display: block; color: var(--soft); font-size: .8125rem; }
.rows b { font-weight: 550; }
.tag {
  font-size: .75rem; font-weight: 550; color: var(--accent); background: var(--wash);
  border-radius: 1rem; padding: .125rem .5rem; margin-left: .375rem; white-space: nowrap;
}
.top { display: flex; justify-content: space-between; align-items: center; gap: 1rem; }
.top .mark { margin: 0; }
.top + h1 { margin-top: 1.25rem; }
.secret {
  font: .9375rem/1.7 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono",
    monospace;
  overflow-wrap: anywhere;
}
.qr {
  display: block; width: 12.5rem; max-width: 100%; margin: 1.25rem auto 0;
  border: 1px solid var(--line); border-radius: .75rem; forced-color-adjust: none;
}
.key { text-align: center; } .key .secret { display: block; text-wrap: balance; }
.qr + .key { margin-top: .75rem; } .lead + .rows, .note + .rows, .rows.apart { margin-top: 1.5rem; }
.rows + .hint { margin-top: .75rem; }
.codes {
  list-style: none; padding: .75rem 1rem; margin: 1.25rem 0 0; text-align: center;
  background: var(--wash); border-radius: .625rem;
  font: .9375rem/1.9 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
.tools { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: .75rem; }
.action { margin-top: 1.5rem; } form.others { margin-top: 1rem; justify-items: start; }
.error { color: var(--bad); font-size: .875rem; margin: .375rem 0 0; }
summary {
  cursor: pointer; color: var(--accent); font-weight: 550; padding: .75rem 0;
  text-decoration: underline; text-underline-offset: .18em;
}
details { border-block: 1px solid var(--line); } .rows + details { border-top: 0; }
details form { margin: .25rem 0 1.25rem; max-width: 21rem; }
main.wide form[data-passkey] { max-width: 21rem; margin-top: .75rem; }
.rows small, .rows b { overflow-wrap: anywhere; }
[hidden] { display: none !important; }
@media (max-width: 30rem) {
  body { grid-template-rows: 0 auto 1fr; padding: 0; background: var(--card); }
  main {
    border: 0; border-radius: 0; box-shadow: none; padding: 2.5rem 1.25rem 1.25rem;
    max-width: none;
  }
  .rows li { align-items: flex-start; }
  body > footer { padding-bottom: 1rem; }
}
@media (prefers-reduced-motion: no-preference) {
  .button, .note { transition: background-color .12s ease-out; }
}
@media (forced-colors: active) {
  .button { border-color: ButtonText; }
  main { border: 1px solid CanvasText; }
}
@media print {
  body { background: none; }
  .button, footer { display: none; } .codes { border: 1px solid; }
}
`
