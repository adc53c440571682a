import assert from "node:assert/strict"
import { availableParallelism } from "node:os"
import { resolve } from "node:path"
import { test } from "node:test"
import { loadWithFiles as load } from "./support/settings_files.ts"
import { testKeyPem, testSecret } from "./support/test_keys.ts"

test("loadConfig() of nothing gives the defaults", () => {
  assert.deepEqual(load({}), {
    host: "127.0.0.1",
    port: 8080,
    dataDirectory: resolve("data"),
    issuer: "http://localhost:8080",
    audience: "http://localhost:8080",
    accessTtlSeconds: 900,
    signing: { kind: "generated", algorithm: "ES256" },
    seedUsers: [],
    hashParameters: { memoryKib: 19_456, passes: 2 },
    hashesAtATime: Math.min(availableParallelism(), 2),
    logLevel: "info",
    notices: [],
  })
})

test("loadConfig() reads every setting", () => {
  const config = load({
    POSTERN_HOST: "::",
    POSTERN_PORT: "80",
    POSTERN_DATA_DIR: "/srv/postern",
    POSTERN_ISSUER: "https://login.example.org",
    POSTERN_AUDIENCE: "api",
    JWT_ACCESS_TOKEN_EXPIRES: "1h",
    JWT_ALGORITHM: "ES256",
    JWT_PRIVATE_KEY: testKeyPem,
    POSTERN_SEED_USERS: "alice:wonderland",
    POSTERN_HASH_MEMORY: "65536",
    POSTERN_HASH_PASSES: "3",
    POSTERN_LOG_LEVEL: "debug",
    UV_THREADPOOL_SIZE: "2",
    PATH: "/bin",
  })
  assert.deepEqual(config, {
    host: "::",
    port: 80,
    dataDirectory: "/srv/postern",
    issuer: "https://login.example.org",
    audience: "api",
    accessTtlSeconds: 3600,
    signing: { kind: "imported", algorithm: "ES256", key: testKeyPem },
    seedUsers: [{ username: "alice", password: "wonderland" }],
    hashParameters: { memoryKib: 65_536, passes: 3 },
    hashesAtATime: 1,
    logLevel: "debug",
    notices: [],
  })
})

test("loadConfig() gives a frozen object", () => {
  const config = load({})
  assert.throws(() => Object.assign(config, { port: 1 }), {
    name: "TypeError",
    message: /read only property 'port'/,
  })
  assert.ok(Object.isFrozen(config))
})

test("loadConfig() takes an empty value for none", () => {
  const names = ["POSTERN_PORT", "POSTERN_ISSUER", "JWT_SECRET_KEY", "JWT_SECRET_KEY_FILE"]
  assert.deepEqual(load(Object.fromEntries(names.map((name) => [name, ""]))), load({}))
})

test("loadConfig() takes the port's address for the issuer and that for the audience", () => {
  const { issuer, audience } = load({ POSTERN_PORT: "9000" })
  assert.deepEqual([issuer, audience], ["http://localhost:9000", "http://localhost:9000"])
  assert.equal(load({ POSTERN_ISSUER: "https://a.example" }).audience, "https://a.example")
})

test("loadConfig() with a shared secret signs HS256 and has no issuer unless told", () => {
  const config = load({ JWT_SECRET_KEY: testSecret })
  assert.deepEqual(config.signing, { kind: "shared", algorithm: "HS256", secret: testSecret })
  assert.deepEqual([config.issuer, config.audience], [undefined, undefined])
  const told = load({ JWT_SECRET_KEY: testSecret, POSTERN_ISSUER: "https://a.example" })
  assert.deepEqual([told.issuer, told.audience], ["https://a.example", undefined])
})

for (const algorithm of ["HS256", "HS384", "HS512"]) {
  test(`loadConfig() with a shared secret takes ${algorithm}`, () => {
    const { signing } = load({ JWT_SECRET_KEY: testSecret, JWT_ALGORITHM: algorithm })
    assert.deepEqual(signing, { kind: "shared", algorithm, secret: testSecret })
  })
}

for (const algorithm of ["ES256", "EdDSA", "PS256", "RS256"]) {
  test(`loadConfig() without a secret generates a key for ${algorithm}`, () => {
    assert.deepEqual(load({ JWT_ALGORITHM: algorithm }).signing, { kind: "generated", algorithm })
  })
}

for (const end of ["", "\n", "\r\n"]) {
  test(`loadConfig() reads a secret from its file, which ends with ${JSON.stringify(end)}`, () => {
    const files = { "/run/secrets/jwt": `${testSecret}${end}` }
    const { signing } = load({ JWT_SECRET_KEY_FILE: "/run/secrets/jwt" }, files)
    assert.deepEqual(signing, { kind: "shared", algorithm: "HS256", secret: testSecret })
  })
}

test("loadConfig() takes one line end from a file, no more", () => {
  const files = { seed: "alice:wonderland\n\n" }
  const { seedUsers } = load({ POSTERN_SEED_USERS_FILE: "seed" }, files)
  assert.deepEqual(seedUsers, [{ username: "alice", password: "wonderland\n" }])
})

test("loadConfig() notes JWT_ names that are not read, and does not mind others'", () => {
  const environment = { JWT_COOKIE_SECURE: "1", UNRELATED: "x", POSTERNX: "y" }
  assert.deepEqual(load(environment).notices, [
    "JWT_COOKIE_SECURE is set but not read here; 'postern --help' lists the settings",
  ])
})
