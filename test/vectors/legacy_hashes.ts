// Hashes that other systems made. Each was made once by the program that is named with it, of the
// version that Debian 12 has. Debian's Werkzeug is older than its scrypt, so that was made by
// functions of Werkzeug's source. The last ones are published with Django, Firebase and SHA-crypt.

/** A plain password, one with letters beyond ASCII, and one of 105 bytes. */
export const passwords = {
  plain: "wonderland",
  accented: "caf\u00e9 \u03b1\u{1f511}",
  long: `${"x".repeat(71)}yz and more that bcrypt never sees`,
} as const

/** A hash, and the password that it was made of. */
export type MadeHash = readonly [password: keyof typeof passwords, text: string]

/** By program and version. */
export const madeHashes: Readonly<Record<string, readonly MadeHash[]>> = {
  "python3-werkzeug 2.2.2": [
    [
      "plain",
      "pbkdf2:sha256:260000$LFuojzk2Ulx1AooR$5073f6c25d81a5e48759db65b54107f8ccb83b7aba745c797c210a561466eb36",
    ],
    [
      "accented",
      "pbkdf2:sha512:1000$MpH3pj58VOyKyiGB$4afc69f72eea4fccb466cbf44a45d8ef0e49f1699a884ad7539b25a65c7a03daa7bffb8cf9af9ab4ca4e82fe4a2911fbf349c29ddd859455451b39301fcce98d",
    ],
    ["accented", "pbkdf2:sha1:1000$stB5xpJv$38136c06d5ace71059d19ef0338127203d2a7789"],
  ],
  "Werkzeug 2.3, from its source": [
    [
      "plain",
      "scrypt:32768:8:1$Q3rIonWI8cGiTfOI$e7e77770c39376e4fe6fa1b396638763260fe9d6c1469bdb8f244645d8d09fa953397f565b32161da4e311ba319164e2be12724fcce5c5fb143af987480070b5",
    ],
    [
      "accented",
      "scrypt:1024:4:2$JHBWboMJkK6G4t7x$ef20b14febfaf5f097f062fa082884b628ec0d20a6d38848d27d2eca65a69b397a0f397f57f94a96314fe233a1b2cb920236ae6c3d31e0629d4b65441cc10a15",
    ],
  ],
  "python3-passlib 1.7.4": [
    [
      "plain",
      "$pbkdf2-sha256$1000$SEkJYaz1fu/9v7e2dk5JiQ$YvGz2hdNbqNp3cneHogxfA8YGYatmkcMJQm/tdrrGVo",
    ],
    [
      "plain",
      "$pbkdf2-sha512$1000$49y7N4ZwzplTyrlXCuF87w$BIIcIlXTZ5b./DX4Z.GvhrqLI/kRY1yHb.AszOC5ChDl3DjmnUdr32U4RCUsNqBUVoFV3h01UpyAudMTulOMiQ",
    ],
    ["plain", "$pbkdf2$1000$y3kvJYQQYozxXkvpvddaqw$4pwf/6o/fEWgMSRHKAy7fpC/PtA"],
    [
      "plain",
      "$scrypt$ln=10,r=8,p=1$cg5hDAEAYAyBMKYUonQuxQ$4rcZVgHAWT2AGV9vsXfHkme1uy1PMTLdjEAmHzGgLsI",
    ],
    ["plain", "$2b$04$TJQBu0eTpnK1o2P0GgsoxO0jLATmrH7yszQxV0qqk4EWbzfOAYTDK"],
    ["plain", "$2y$04$1QsQW1tJRxKl/sy.EJzcV./zIcXctDv5v7qXbP7XYxex3LK0jqGC2"],
    ["plain", "$2a$04$2sESXeOmdmwJ6GJtu0dK9.Fo4Nr1Bkdu39J6Vhei31ezPcUyY676a"],
    ["plain", "$bcrypt-sha256$v=2,t=2b,r=4$2/kmgnkNqFjlPlE.Mq999e$afS14Bh4Q2hJy03Yu..YKCP0Cn6IYIu"],
    ["plain", "$bcrypt-sha256$2b,4$OFPnYZ00P79P8tAnCbBJm.$DHPjiVy0KfpoAIt2UnVma28l26/.Ave"],
    ["plain", "$5$rounds=1000$WiGXdq5Ku54ZFTMm$KoQY0VjvdSZ4c4JSB78eqfPMN19QdLm1a7ShLlzlpf3"],
    [
      "plain",
      "$6$rounds=1000$/S5OT4zP4GNyor.K$0RErEA7ED95Vm33vL5QbFYiANG81gozg/0d09Hd6pM1zM7v5Hqgu7paeIVhEzLE4xbhrmBJkj/oeYQuas1yKj/",
    ],
    [
      "plain",
      "$6$uAlikN0Qo/rl8UpV$XBMMBgIDK2ED6FPgGRFEcTrsOI0q16yvcAPDCH8H93btxuw/znZ7UNJq9Qk1V6qdc0./OhWskpzyrQ8kPStgH1",
    ],
    ["plain", "$argon2id$v=19$m=64,t=1,p=2$opRyzpnzPuec0xqj9L7Xmg$ExVAKTfLTkgfk2CfXiLwXg"],
    ["plain", "$argon2d$v=19$m=64,t=1,p=8$dm5tTcl5b+09RyglBKAU4g$9NrOQoJ7sxJ751RkldSOsA"],
    [
      "accented",
      "$pbkdf2-sha256$1000$UUpJCaH0Xut9TwmhdI7x3g$M7e9XqmHVimyR2c/m0.KMi.THmGHEXGgmfA7DZ7Huc0",
    ],
    [
      "accented",
      "$pbkdf2-sha512$1000$OyeEUEoJQcjZm5OSktL6nw$LdnZ784Zbzwms3QIDxQesfRL/AF.Z4widviOi9VouLpTaHyp9uKTpTpoAZ2P5/e9bw8t6yG8dn9PPEMweqbjLg",
    ],
    ["accented", "$pbkdf2$1000$eQ9BaG2t9V5rbY2xdi4lRA$LNv4zV.htncdEGs.e9Jf.BtXFpo"],
    [
      "accented",
      "$scrypt$ln=10,r=8,p=1$MsZYSyllLIVwTskZw/jfGw$FAOitrD2kGyT8czXjLaakNziTGFhu/Wdl1u4iIT71+E",
    ],
    ["accented", "$2b$04$B9cEvFh27onM8ldxSIKb2u52830Z.WNcCbnCoStbDBP5uKKnCuQYO"],
    ["accented", "$2y$04$rab7Ofmd.AGBv.DPP34Yu.GyUbvpO64ocApeKGzotJCLKK/qj11jy"],
    ["accented", "$2a$04$.lBAv7F4b.0mpzoec3xxBe4kVZkol/o2DBj3zmzn4cWG5vpcuoipO"],
    [
      "accented",
      "$bcrypt-sha256$v=2,t=2b,r=4$u1mvU1iWhKXYPG998t3ntu$DeRmDMaqMf9xVusZbejmz7P9rHmhWXG",
    ],
    ["accented", "$bcrypt-sha256$2b,4$UCRvJ/xX1tOpioLHEQ1Ppe$AFGVQopRyFxUiKpiu2KYAenRaJN/8xe"],
    ["accented", "$5$rounds=1000$6YYF6Fujw7lAvwEa$2Vnwz2sAHvmSVrSdnx3Khw94LAAXMfCHjidieyyNv17"],
    [
      "accented",
      "$6$rounds=1000$HD4TZ4sBnglT5Mki$/E/q7coWM.bk4ymgulqljkqBrCVyHcYoiMTG18qH9X//o0b/2ZQZMBbuMdw81iGEgAc8X6gfF6qrlZTTu5rRQ/",
    ],
    [
      "accented",
      "$6$MmK1H02w77tBePwJ$.sDGW68Iqb2WxvDgoEKUfRtugBa0zjLwUMJKUOSBpCOscKYxEgLizgbIBh3E6Xj1QORSDz42tG9f.PnGb5WPW1",
    ],
    ["accented", "$argon2id$v=19$m=64,t=1,p=2$VOrd+5+T8n6vNYYQ4pzz3g$UjsZJX4mpxih9IGKiTIkHA"],
    ["accented", "$argon2d$v=19$m=64,t=1,p=8$Q0jp/d97jxEiZCzl/H+PMQ$yhmVpz3MkkfxuLw1g36PVA"],
    ["long", "$bcrypt-sha256$v=2,t=2b,r=4$/X0IYThROB2QBG6zYY0DK.$eoL5uW3jU.m/37oBDvO0n40jgTjoB.a"],
    [
      "long",
      "$6$rounds=1000$WITAsh2hCnLct0gX$vXtacmYOrATPzPCrBK0WPW5TPpJziIyLgfL84uRRy2ycj9iSc8h8tpSgDRgGhgFxbw.JoYUpaoNBsc4x0UkFA0",
    ],
    ["long", "$5$rounds=1000$fSKFa3VHjdy8Mh1Z$HxnwyXBx1SHGOAA3BjgSJxgiNUY6GwodGSAS8ryzGtC"],
  ],
  "python3-django 3.2.25": [
    ["plain", "pbkdf2_sha256$1000$SaltSaltSalt$3PjRe6JHrpiITdFbtq0uK+tup5l8ymRGldCMIWOlOSs="],
    ["accented", "pbkdf2_sha256$1000$SaltSaltSalt$XFSJRw+EIa69Pw1oq9faRJd8tANbFrdh38BtejYVQso="],
    ["plain", "pbkdf2_sha1$1000$SaltSaltSalt$/e7TEZr2Uar0AJsR70UtyFQsPzw="],
    ["accented", "pbkdf2_sha1$1000$SaltSaltSalt$OKe/SP9BPrf8WJGYuzlIKj7s/gg="],
    [
      "plain",
      "pbkdf2_sha256$260000$aVBBM8DSyVWppXnaTL0mqF$If2ZrjNKtPS+7Dir1QwZb19jC0Gw/razNq7zTgRibEA=",
    ],
    [
      "plain",
      "argon2$argon2id$v=19$m=102400,t=2,p=8$MWpJQWw3M1NQNHRPQWRoRkREcnVpSQ$Gzpa+X4WuyeIBzBxduX8fA",
    ],
    ["plain", "bcrypt_sha256$$2b$04$R4sTRZSwvkBywufAfb2U5./E4gy2Atcy8FQLO9zMZvW.ZUSPGCX.i"],
    ["accented", "bcrypt_sha256$$2b$04$lbtp0vKZ7D6Oykr0QSg4E.Vgvz2tRaZyfXEtTuOsK.YNYgD1STA6C"],
    ["plain", "bcrypt$$2b$04$MWE9rFyVlWCZKoBzY46H0ORdB1ZcB5NjkFXRpUybmr6o0EAxu2Voe"],
    ["accented", "bcrypt$$2b$04$bIG9IflsSFNyAEHQlXNZ8uaIXyVw.2EwjEKLYjaPmJ4Mau5ohPjq."],
    ["long", "bcrypt_sha256$$2b$04$x4x9hcRLK7E0wOtcDYcKGuNz9CNxs1JdS7OR7T2KgV7t2HDrnT6/y"],
  ],
  "python3-bcrypt 3.2.2": [
    ["plain", "$2b$04$15icfOwTwStexrtWOUEUku13Rd/xorDSLVWiRHDPdGIjcUCTFmWEe"],
    ["accented", "$2b$04$tFMZf/U53W.hr5om7Ls2Q.Ar0PfTR2yzpPjrj3RcPbK2cNUVQJqYW"],
    ["long", "$2b$04$wJlMEGzRmOb1UKCTiESF1ut2clUUumiT8Xp/bsng8Yp/U/A5t4GlK"],
    ["long", "$2a$04$QctWSnP5drOouk6pi0dysuPzx4VqaSNoQyZWyDn.9hqqos1zwiyGi"],
  ],
  "python3-argon2 21.1.0": [
    ["plain", "$argon2id$v=19$m=102400,t=2,p=8$WHP5cNdKtWhfl1HF1WqsMw$zeJnj5hGByvqF4gYr+QcUg"],
    ["accented", "$argon2i$v=16$m=64,t=2,p=3$c29tZXNhbHQ4$2JhA8tj5P2yGubQWaAJg5WWIU9KRn1tq"],
    ["accented", "$argon2i$v=19$m=64,t=2,p=3$c29tZXNhbHQ4$0yoozl5YHQiULD1e0E/z0s4tZx0CwWb3"],
    ["accented", "$argon2d$v=16$m=64,t=2,p=3$c29tZXNhbHQ4$GQl1Kvg1wxwkE3Q4kSbceB8XT+so8POv"],
    ["accented", "$argon2d$v=19$m=64,t=2,p=3$c29tZXNhbHQ4$tlmCYJLk4D1qUYz8sn4HoLI+i9rFyRZS"],
    ["accented", "$argon2id$v=16$m=64,t=2,p=3$c29tZXNhbHQ4$+KXBtLFkzlcZlJzGy+srvFLe0Hemv51F"],
    ["accented", "$argon2id$v=19$m=64,t=2,p=3$c29tZXNhbHQ4$ZRcaxtDhyBMy6SnG3dlnfWukreCO3Qd7"],
  ],
  "htpasswd (apache2-utils) 2.4.71": [
    ["plain", "$2y$04$UUx8o9OsTogfYumKkd.YiuQiWP/Q16/4ah1wo78/k5y5EhfRQAeEG"],
    ["accented", "$2y$04$L.7LLPOXrojqOazHlfZHvuNiJQsEXVFUSGYVM..qDrOyK/3T2NwC2"],
    ["plain", "$5$LncuE8AMqjWNAQHe$bGaTi78cUcDjTkJSvI5UCaVGR9IVCWfbUVkt/gYu5j4"],
    [
      "plain",
      "$6$l9YZ23aUag6bTv4U$bA4l0hP2xT7.KwUFJGZwnw82QbcxZ5LvrSt3tWd8Qj3NY/j0PxSm03MKvQY2fdd0NGZrxjZO7t8CX3idK61vf.",
    ],
  ],
  "mkpasswd (whois) 5.5.17": [
    ["plain", "$5$rounds=1000$Fp89hixCUxTEWZBd$9FJqXD5nY869ynaOwAC.PpBr8kwa57NRri/QXOdZ7D/"],
    ["accented", "$5$rounds=1000$nsuTkO5kuSdIzsq4$QQo8l8naHS.akTrkDenl8Tn7lz5CUpBxvsvTXW/Xuj4"],
    [
      "plain",
      "$6$rounds=1000$VMTZRszTNxksFX8H$CjhEVeBriZ4l3yG34LUW.53AN/f8xbOYIV7RSjlxO1c9DxEgSfLC5LPYSq/sAalQz4JhC158.xO7.03wf8rzV.",
    ],
    [
      "accented",
      "$6$rounds=1000$7etIIGPJB8l/bYLu$zCX.6yexKldoH7w/fIkt/QZWEj/WKz5hLuRlBEaGg9IZLlSHaSYUc7ZYfFr8H0O/ZQ02RpKjArIYnXcbsPlXZ/",
    ],
    ["plain", "$2b$05$ONl05UlABIs7NyWYwOSG9O3Q2xZj30HkOWuRSH4VLRm3vm.87eyCW"],
    ["accented", "$2b$05$znIkyxRPqK./8vdCp4zA4OXWHX27J9OSMoZEbMaYaB8RmgJh6q9Ja"],
    ["plain", "$2a$05$9RJLw59yWIh0Zk7vjsxEi.iQl3z1j0BRh/u591nBmkl4O8y8JKCcS"],
    ["accented", "$2a$05$yCUixew00Z/f2VxSTWYUquRQ.DqfTVNFzNrdQ1b053PBPJ9/y.kiG"],
    [
      "plain",
      "$6$6qBfexKD7lxjjMz2$Bd0m7ZhDsYLGAXFpJ9Is/xYeGhRQ9SAEvttvFFujdTA8lQjzcy66INvpEqIBszWjta4/8E7ruoVaFj5jyIyPH0",
    ],
    ["plain", "$5$5MqXozrTK3TjZyQR$Fi2lfUBH52zK5TorhkN/8DgMBqS8uGdeIDocqmOHtDD"],
  ],
  "argon2 (reference implementation) 20171227": [
    ["plain", "$argon2i$v=19$m=64,t=2,p=2$c2FsdHNhbHQ$V54LVcvU6xGbCWC+tUeFiitQLh0sXi463JbPyStSams"],
    ["plain", "$argon2d$v=19$m=64,t=2,p=2$c2FsdHNhbHQ$agCad818fdg6C+tBZwHu0cPucMVyYOFwfx9amctGEcw"],
    [
      "plain",
      "$argon2id$v=19$m=64,t=2,p=2$c2FsdHNhbHQ$26o52NoIK4cXEAWZ86P1M728x40W1wqi36flWdQVArc",
    ],
  ],
  "php-cli 8.2.36": [
    ["plain", "$2y$04$l.rrwmj7kOwr3q.40ipaEeeOoDLGE1HcNWBELg/xE2TQz9jii01Oe"],
    [
      "plain",
      "$argon2id$v=19$m=64,t=1,p=1$TElWOTJFWDB0YUJxdzlkcg$Gl/4GHrBMUXwgXd1uZHraWF87d4S3193pPMCilLdwvA",
    ],
    [
      "plain",
      "$argon2i$v=19$m=64,t=1,p=1$WEFWeXJSazFUYzlDdm9mUA$5RN7jKw+khktquGy0pqwUdR1gFAL9qsCyraqNTYXjaA",
    ],
  ],
}

/** A published hash, and its password. */
export type PublishedHash = readonly [password: string, text: string]

/** From the tests of Django 4.0 (tests/auth_tests/test_hashers.py). */
export const djangoScrypt: PublishedHash = [
  "l\u00e8tmein",
  "scrypt$16384$seasalt$8$1$Qj3+9PPyRjSJIebHnG81TMjsqtaIGxNQG/aEB/NYafTJ7tibgfYz71m0ldQESkXFRkdVCBhhY8mx7rQwite/Pw==",
]

/** From the README of Firebase's scrypt: the parameters of a project, and a user. */
export const firebase = {
  parameters: [
    "hash_config {",
    "  algorithm: SCRYPT,",
    "  base64_signer_key: jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==,",
    "  base64_salt_separator: Bw==,",
    "  rounds: 8,",
    "  mem_cost: 14,",
    "}",
    "",
  ].join("\n"),
  password: "user1password",
  salt: "42xEC+ixf3L2lw==",
  hash: "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==",
} as const

const veryLong =
  "a very much longer text to encrypt.  This one even stretches over morethan one line."
const shortSalt = "we have a short salt string but not a short password"
const tooFew = "the minimum number is still observed"

/** From the specification of SHA-crypt, whose reference program tests itself with them. */
export const shaCryptHashes: readonly PublishedHash[] = [
  ["Hello world!", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"],
  ["Hello world!", "$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA"],
  [
    "This is just a test",
    "$5$rounds=5000$toolongsaltstrin$Un/5jzAHMgOGZ5.mWJpuVolil07guHPvOW8mGRcvxa5",
  ],
  [veryLong, "$5$rounds=1400$anotherlongsalts$Rx.j8H.h8HjEDGomFU8bDkXm3XIUnzyxf12oP84Bnq1"],
  [shortSalt, "$5$rounds=77777$short$JiO1O3ZpDAxGJeaDIuqCoEFysAe1mZNJRs3pw0KQRd/"],
  [
    "a short string",
    "$5$rounds=123456$asaltof16chars..$gP3VQ/6X7UUEW3HkBn2w1/Ptq2jxPyzV/cZKmF/wJvD",
  ],
  [tooFew, "$5$rounds=1000$roundstoolow$yfvwcWrQ8l/K0DAWyuPMDNHpIVlTQebY9l/gL972bIC"],
  [
    "Hello world!",
    "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
  ],
  [
    "Hello world!",
    "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.",
  ],
  [
    "This is just a test",
    "$6$rounds=5000$toolongsaltstrin$lQ8jolhgVRVhY4b5pZKaysCLi0QBxGoNeKQzQ3glMhwllF7oGDZxUhx1yxdYcz/e1JSbq3y6JMxxl8audkUEm0",
  ],
  [
    veryLong,
    "$6$rounds=1400$anotherlongsalts$POfYwTEok97VWcjxIiSOjiykti.o/pQs.wPvMxQ6Fm7I6IoYN3CmLs66x9t0oSwbtEW7o7UmJEiDwGqd8p4ur1",
  ],
  [
    shortSalt,
    "$6$rounds=77777$short$WuQyW2YR.hBNpjjRhpYD/ifIw05xdfeEyQoMxIXbkvr0gge1a1x3yRULJ5CCaUeOxFmtlcGZelFl5CxtgfiAc0",
  ],
  [
    "a short string",
    "$6$rounds=123456$asaltof16chars..$BtCwjqMJGx5hrJhZywWvt0RLE8uZ4oPwcelCjmw2kSYu.Ec6ycULevoBK25fs2xXgMNrCzIMVcgEJAstJeonj1",
  ],
  [
    tooFew,
    "$6$rounds=1000$roundstoolow$kUMsbe306n21p9R.FRkW3IGn.S9NPN0x50YhH1xhLsPuWGsUSklZt58jaTfF4ZEQpyUNGc0dqbpBYYBaHHrsX.",
  ],
]
