#!/bin/sh
# golang-jwt as Debian packages it (golang-github-golang-jwt-jwt-dev), or by `go mod tidy`.
set -eu
cd "$(dirname "$0")/golang_jwt"
sources=/usr/share/gocode/src/github.com/golang-jwt/jwt
modules=$(mktemp -d)
trap 'rm -rf "$modules"' EXIT
cp go.mod "$modules/go.mod"
if [ -e "$sources" ]; then
  echo "replace github.com/golang-jwt/jwt/v4 => $sources" >> "$modules/go.mod"
fi
GOFLAGS=-mod=mod go run -modfile="$modules/go.mod" . "$@"
