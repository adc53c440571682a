// Loaded before worker.ts: keeps node:test from following each promise of a test. By that it finds
// the test to which an error belongs that is thrown outside of all tests, and with thousands of
// promises a test it takes a third of the time. worker.ts tells of such errors instead.

import asyncHooks from "node:async_hooks"

const { createHook } = asyncHooks
const untracked = { enable: () => untracked, disable: () => untracked }
Object.assign(asyncHooks, { createHook: () => untracked })
// It takes `createHook` once, when it is loaded.
await import("node:test")
Object.assign(asyncHooks, { createHook })
