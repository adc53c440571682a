#!/bin/sh
# The `postern` command of the image: Node under its permission model, with what Postern needs and
# nothing else. It reads its own files, the data and mounted secrets, writes the data, uses the
# network and the native password hash; it can start no process and no thread.
exec node \
  --permission \
  --allow-addons \
  --allow-net \
  --allow-fs-read=/app \
  --allow-fs-read=/data \
  --allow-fs-read=/run/secrets \
  --allow-fs-write=/data \
  --disable-warning=SecurityWarning \
  --disable-warning=ExperimentalWarning \
  --enable-source-maps \
  /app/postern.cjs "$@"
