// Publicly known secrets, and words of typed secrets. They are removed from a secret before the
// rest is judged, so one word too many in these lists refuses no good secret.

/** Secrets of RFCs, documentation, tutorials and default settings that look random. */
export const knownSecrets: readonly string[] = [
  // RFC 7515 appendix A.1 and RFC 7520 §3.5
  "AyM1SysPpbyhDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
  "hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg",
  // Flask's documentation, now and before, and FastAPI's
  "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
  "A0Zr98j/3yX R~XHH!jmN]LWX/,?RT",
  '_5#y2L"F4Q8z\\n\\xec]/',
  "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
  // Tutorials for Spring: a generator's that makes parts of one text, as hex, and another
  "@NcRfUjXn2r5u8x/A?D(G+KbPdSgVkYp3s6v9y$B&E)H@McQfTjWnZr4u7x!A%D*G-KaPdRgUkXp2s5v8y/B?E(H+MbQeSh",
  "SgVkYp3s6v9y/B?E(H+MbQeThWmZq4t7w!z%C*F-JaNdRfUjXn2r5u8x/A?D(G+KbPeShVmYq3t6w9z$C&F)J@NcQfTjWnZr",
  "9a4f2c8d3b7a1e6f45c8a0b3f267d8b1d4e6f3c8a9d2b5f8e3a9c8b5f6v8a3d9",
  // Defaults of Directus' and Dify's and Plane's compose files, and of Grafana
  "255d861b-5ea1-5996-9aa3-922530ec40b1",
  "6116487b-cda1-52c2-b5b5-c8022c45e263",
  "9f73s3ljTXVcMT3Blb3ljTqtsKiGHXVcMT3BlbkFJLK7U",
  "60gp0byfz2dvffa45cxl20p1scy9xbpf6d8c5y0geejgkyp1b5",
  "2FiJk1U2aiVPEQtzLehYGlTSnTnrs7LW",
  "SW2YcwTIb9zpOOhoPsMm",
  // UUIDs of documentation
  "550e8400-e29b-41d4-a716-446655440000",
  "f47ac10b-58cc-4372-a567-0e02b2c3d479",
  "123e4567-e89b-12d3-a456-426614174000",
  "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
  // What people write where random digits should stand
  "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0",
  "a1b2c3d4e5f67890",
  "1a2b3c4d5e6f7g8h9i0j",
  "3141592653589793238462643383279502884197169399375105820974944592",
  "2718281828459045235360287471352662497757247093699959574966967627",
  "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
  "qazwsxedcrfvtgbyhnujmikolp",
  "zaq12wsxcde34rfvbgt56yhnmju78ik,lo90p;/",
  "thequickbrownfoxjumpsoverthelazydog",
  // jwt.io's, Superset's, Supabase's and Nacos', which are also found encoded
  "your-256-bit-secret",
  "\\2\\1thisismyscretkey\\1\\2\\e\\y\\y\\h",
  "a-string-secret-at-least-256-bits-long",
  "a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long",
  "super-secret-jwt-token-with-at-least-32-characters-long",
  "SecretKey012345678901234567890123456789012345678901234567890123456789",
  "ThisIsMyCustomSecretKey012345678",
]

/** Words of typed secrets. A word that contains another one comes first. */
export const knownWords: readonly string[] = [
  "passphrase password passwort hunter2 letmein changeit change replace insecure secure",
  "production development staging testing default example sample tutorial dummy demo",
  "random generated string characters character bytes bits minimum longer long super",
  "authentication authorization signing signature token secret private public shared",
  "postern flask django spring nestjs express laravel fastapi superset docker service",
  "application company server backend admin master access refresh session cookie please",
  "deadbeef cafebabe feedface badf00d keyboard qwerty monkey dragon shadow guess hard",
  "s3cr3t k3y t0k3n passw0rd p4ssw0rd geheim secreto correct horse battery staple",
  "hs256 hs384 hs512 hmac sha256 your this that with need must least prod test pass auth",
  "user hash salt sign jwt key my",
].flatMap((line) => line.split(" "))
