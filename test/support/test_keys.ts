// Keys that sign nothing but tests.

/** A P-256 key as PKCS#8 PEM. */
export const testKeyPem = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgn+NHFYa+9DctoYbI
TkCkMNrfxrJ9Azl2mhsL2U7NujahRANCAATNQwh9VfrtxN3eLbqsehFOkT539vEO
+cM/CfnGUZnhURtMxKa7xiRYh/WtTDC1UOynuFPa5FeOdzFHVyuqeQmH
-----END PRIVATE KEY-----
`

/** The shared secret before `testSecret`: 48 random bytes, as base64. */
export const testPreviousSecret = "vXSOaX37foesxqv05Mmq6lv4wekRK5aeetz6WD34ZdNkEZC7+QTmxBla8sQM1+Lw"

/** A shared secret of 48 random bytes, as base64. */
export const testSecret = "dHa6ODXJWi/rgR1AD6KBRYhAZaeKetq/j+LivBEnbxMskj039A2kgpFkpZNx6cac"
