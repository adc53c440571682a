#!/bin/sh
# The `postern` command of the image: Node under its permission model, with what Postern needs and
# nothing else. It reads its own files, the data and mounted secrets, writes the data, uses the
# network and the native password hash; it may start no process and no thread. The hash's loader
# looks into ldd for the C library's kind; where it may not, it has Node write a report of everything.
# The kernel's boot_id tells the lock whether its last owner ran on this kernel, and so is gone.
exec node \
  --permission \
  --allow-addons \
  --allow-net \
  --allow-fs-read=/app \
  --allow-fs-read=/data \
  --allow-fs-read=/run/secrets \
  --allow-fs-read=/usr/bin/ldd \
  --allow-fs-read=/proc/sys/kernel/random/boot_id \
  --allow-fs-write=/data \
  --disable-warning=SecurityWarning \
  --disable-warning=ExperimentalWarning \
  --enable-source-maps \
  /app/postern.cjs "$@"
