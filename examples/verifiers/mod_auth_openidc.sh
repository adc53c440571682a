#!/bin/sh
# Runs Apache with mod_auth_openidc.conf at PORT, and asks it with each token. A second port of
# Apache speaks TLS for Postern, as a proxy does in real use, with a certificate of one hour.
set -eu
issuer=$1
shift 2
here=$(cd "$(dirname "$0")" && pwd)
port=${PORT:-21150}
modules=${APACHE_MODULES:-/usr/lib/apache2/modules}
test -e "$modules/mod_auth_openidc.so" || { echo "mod_auth_openidc is not installed" >&2; exit 1; }

work=$(mktemp -d)
apache=
trap 'test -z "$apache" || { kill "$apache"; wait "$apache" || true; }; rm -rf "$work"' EXIT
chmod 755 "$work"
echo hello > "$work/index.html"
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost \
  -keyout "$work/key" -out "$work/certificate" 2> "$work/openssl"
{
  for module in mpm_event authn_core authz_core authz_user auth_openidc headers proxy proxy_http ssl; do
    echo "LoadModule ${module}_module $modules/mod_$module.so"
  done
  cat << CONF
Define ISSUER $issuer
Define KEYS https://localhost:$((port + 1))
ServerName localhost
PidFile $work/pid
ErrorLog $work/log
DocumentRoot $work
User ${APACHE_USER:-www-data}
Group ${APACHE_USER:-www-data}
Listen 127.0.0.1:$port
Listen 127.0.0.1:$((port + 1))
<VirtualHost *:$port>
  Include $here/mod_auth_openidc.conf
  OIDCOAuthSSLValidateServer Off
  Header set Remote-User "expr=%{REMOTE_USER}"
</VirtualHost>
<VirtualHost *:$((port + 1))>
  SSLEngine on
  SSLCertificateFile $work/certificate
  SSLCertificateKeyFile $work/key
  ProxyPass / $issuer/
</VirtualHost>
CONF
} > "$work/conf"
apache2 -DFOREGROUND -f "$work/conf" &
apache=$!

for token in "$@"; do
  answer=$(curl -s -o /dev/null --retry 5 --retry-connrefused -D - \
    -H "Authorization: Bearer $token" "http://127.0.0.1:$port/index.html" | tr -d '\r')
  case $answer in
    *" 200 "*) echo "OK $(echo "$answer" | sed -n 's/^Remote-User: //p')" ;;
    *) echo "refused $(echo "$answer" | head -n 1)" ;;
  esac
done
