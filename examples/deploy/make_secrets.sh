#!/bin/sh
# Makes the secrets of docker-compose.replicas.yml, in secrets/ beside it. Once: without the old
# ones the database can't be opened, and its keys can't be read.
set -eu
cd "$(dirname "$0")/../.."
if [ -e secrets ]; then
  echo "secrets/ is there already: keep it, or remove the database's volume and secrets/ together" >&2
  exit 1
fi

# The directory keeps other users out. The files are open, because each container reads them as
# another user; a container sees only its own.
umask 022
made=$(mktemp -d ./secrets.XXXXXX)
trap 'rm -rf "$made"' EXIT
password=$(openssl rand -hex 32)
printf %s "$password" >"$made/database_password"
printf %s "postgres://postern:$password@%2Frun%2Fpostgresql/postern" >"$made/store"
openssl rand -hex 32 >"$made/database_admin_password"
openssl rand -base64 48 >"$made/store_secret"
mv "$made" secrets
