// Texts in the place of a hash that are not taken over, made by the programs that are named: by
// those of Debian 12, of the password "wonderland".

/** Who made a text, the text, and why it is refused. */
export type RefusedText = readonly [by: string, text: string, fault: RegExp]

const quick = /guessed too quickly$/
const unknown = /^this is no hash that is known here; a password in plain text is not taken$/

/** The texts. */
export const refusedTexts: readonly RefusedText[] = [
  ["apache2-utils 2.4.71 -m", "$apr1$36hYThiT$xYnboW12WfnMP4ECBQf4G.", quick],
  ["apache2-utils 2.4.71 -d", "anYiZO0jTebXs", quick],
  ["apache2-utils 2.4.71 -s", "{SHA}tiY7sUhYKUwI5L3866kDY+ENcrQ=", quick],
  ["apache2-utils 2.4.71 -p", "wonderland", unknown],
  ["python3-passlib 1.7.4 md5_crypt", "$1$HsRG6nz9$6X6DLtjDkR0owJmjwCpz81", quick],
  ["python3-passlib 1.7.4 phpass", "$P$HD84klxP/3GKm1AH2fxB/oYBSLrdBR0", quick],
  ["python3-passlib 1.7.4 ldap_salted_sha1", "{SSHA}k7BiQSuQ0O51iJ9UdHQHmwXuBj2x9h5D", quick],
  ["python3-passlib 1.7.4 ldap_md5", "{MD5}TOyv8rMLvnXOcyIQkWTPtQ==", quick],
  [
    "python3-passlib 1.7.4 sha1_crypt",
    "$sha1$480000$k7Veyqby$wPsTBvLHuwWAGFIypTxzomxszBNg",
    unknown,
  ],
  ["python3-passlib 1.7.4 nthash", "3e057cd123205aa168af5f121716b335", quick],
  ["python3-passlib 1.7.4 lmhash", "629c296f15b4299bb343ee1ead7651b1", quick],
  ["python3-passlib 1.7.4 hex_md5", "4cecaff2b30bbe75ce7322109164cfb5", quick],
  ["python3-passlib 1.7.4 hex_sha1", "b6263bb14858294c08e4bdfceba90363e10d72b4", quick],
  [
    "python3-passlib 1.7.4 hex_sha256",
    "a71a7c7011f53a1bab3642ec2ce12593f05230ace8de1e3e7645f69efac1443d",
    quick,
  ],
  [
    "python3-passlib 1.7.4 hex_sha512",
    "92ed1f0dfa10ad6b5a81d10560711b8d0f5cf5582221c7c14c7cbd594958c730b46a491979aa6f79de57d53237ff363d88464d141071ca52af31c63382f6c7a6",
    quick,
  ],
  ["python3-passlib 1.7.4 mysql41", "*C803B1C9A354848885C1FF2A593FB90507ACAE51", quick],
  [
    "python3-passlib 1.7.4 django_salted_sha1",
    "sha1$LczE7p27vjQH$106922637261cc02a626f9595a7a0b830adbcada",
    quick,
  ],
  [
    "python3-passlib 1.7.4 django_salted_md5",
    "md5$pZvOxmmJWWnz$b84f0ef24243cfbc3bf9c59a390fcda4",
    quick,
  ],
  ["python3-passlib 1.7.4 django_des_crypt", "crypt$0U$0UZxCx.71X7Og", quick],
  ["python3-passlib 1.7.4 bsdi_crypt", "_7C/.9DHOLzWTtYYFvls", quick],
  ["python3-passlib 1.7.4 ldap_hex_sha1", "{SHA}b6263bb14858294c08e4bdfceba90363e10d72b4", quick],
  [
    "python3-passlib 1.7.4 mssql2005",
    "0x0100E15CCB59E99CDE235FEF90B4DDCB402EB015B1AA0E639598",
    unknown,
  ],
  [
    "python3-passlib 1.7.4 fshp",
    "{FSHP1|16|480000}UgoB4HzPufeeM0ZoDSHkvIeiH1WviKjomOoQiWgIMMCBwUZ9RMSNrqqVi69PzfTb",
    unknown,
  ],
  [
    "python3-passlib 1.7.4 scram",
    "$scram$100000$a62Vcq41ptRaq/X.$sha-1=0BnoMqB/0xsOLewmxWryHmQES8Q,sha-256=QWXPqPx2Rhvl1aBQNEoRQKJhOvYIRHQhky5VDVB4Spg,sha-512=Ea6iHAo/AdhXQRJ1aIYGV13ScV5l7OLO4Nycklpin7BGxka2XDfc9HshZgPygQmjVGkMv4m.0v6ksBe.OAMNkg",
    unknown,
  ],
  [
    "python3-passlib 1.7.4 grub_pbkdf2_sha512",
    "grub.pbkdf2.sha512.25000.2244C8D93BA734A6F47E2F656C2D05608C11424869AD953226E43C67ACB5B6B616821002408851AA95722E0580B0D67A0F212424E4DCFB3FC798F33E47883106.3E25040137273875E31BD80A48BAA2CD15162BE3DB3438B8012C2C8AC7300E64D2E3439628872315BCB5E94881C1A335A8596F3BEC471CF94699CD2F4BEBF901",
    unknown,
  ],
  [
    "python3-passlib 1.7.4 atlassian_pbkdf2_sha1",
    "{PKCS5S2}jpHy3ltrDaE0BuCcM8Y4R0vdP76R3FEIfnCcfbEWBlMR6K9d9ZKBbanolA3s862Y",
    unknown,
  ],
  [
    "python3-passlib 1.7.4 cta_pbkdf2_sha1",
    "$p5k2$1ffb8$BIAwpvS-F0LoHcMYY8xZ6w==$kmhL7V9sjhMGmle95CDLmOrinrA=",
    unknown,
  ],
  [
    "python3-passlib 1.7.4 ldap_pbkdf2_sha256",
    "{PBKDF2-SHA256}29000$yRnjHCNECIEQgrC2tpZyLg$GTkiz7z95rd5VF96MNCG243/qKD/NEA8NJWW2dHisus",
    unknown,
  ],
  [
    "python3-passlib 1.7.4 ldap_bcrypt",
    "{CRYPT}$2b$12$ZwlL2FZXtkamaTnYGDFaRurB8LZz4fdHfJg33iwPnj0w39.c4/KOq",
    unknown,
  ],
  [
    "python3-werkzeug 2.2.2 sha256",
    "sha256$TxaQemTETu9epraK$7f5124a40097bc8068b8c2432e878d5d98d80a974e33bf51a11a3cd4cb21d665",
    quick,
  ],
  ["python3-werkzeug 2.2.2 plain", "plain$$wonderland", unknown],
  [
    "whois 5.5.17 yescrypt",
    "$y$j9T$PKWqmWY3nXGrOuaR5FAGm0$Nd9SM/5MYuSN.K2xFWqHbPKQWTnvUBZjmrdY8YAshwC",
    /^yescrypt is not known here$/,
  ],
  [
    "whois 5.5.17 gost-yescrypt",
    "$gy$j9T$QwuvYSZKRmkdE.Fi30Ezb1$KEL0.foJ4b601GawJiDstdsTJLpNYFauMPN04vVed70",
    /^yescrypt is not known here$/,
  ],
  [
    "whois 5.5.17 scrypt",
    "$7$CU..../....A17V.GqqR35L4dmL1393d.$moANaRX8SapPhu3oXVAw6rpwxnlw/9IVh/iqo1PMY93",
    /^yescrypt is not known here$/,
  ],
  ["whois 5.5.17 md5", "$1$krIu326Y$XaIieXVX7JL2yBOuAMkie/", quick],
  [
    "python3-django 3.2.25 unusable",
    "!NlD1HkWzwDFlHw3WfG0zjNp9jgoayku6AOaUtIrf",
    /^the account has no password, or is locked$/,
  ],
]
