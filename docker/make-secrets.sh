#!/bin/sh
# Passwords and keys for the compose files, made once: docker/make-secrets.sh [host of the broker] [of its management]
# Keep sealing_key and index_key apart from backups: without them nothing that a case holds can be read again.
set -eu
umask 022
cd "$(dirname "$0")"
broker="${1:-rabbitmq}" admin="${2:-rabbitmq}"
if [ -e secrets ]; then
    echo "docker/secrets is there already; nothing was changed" >&2
    exit 1
fi
word() { openssl rand -hex 24; }
database="$(word)" bus="$(word)" administrator="$(word)"
mkdir -m 711 secrets.new
cd secrets.new
printf '%s\n' "$database" > postgres_password
printf 'postgres://tongban:%s@postgres:5432/tongban?maxsize=20\n' "$database" > database_url
printf 'amqp://tongban:%s@%s:5672\n' "$bus" "$broker" > bus_url
printf 'http://admin:%s@%s:15672\n' "$administrator" "$admin" > bus_admin_url
printf 'default_user = admin\ndefault_pass = %s\n' "$administrator" > rabbitmq_admin
openssl rand -base64 32 > sealing_key
openssl rand -base64 32 > index_key
cd ..
mv secrets.new secrets
if ! grep -qs '^TONGBAN_ERLANG_COOKIE=' .env; then
    (umask 077 && printf 'TONGBAN_ERLANG_COOKIE=%s\n' "$(word)" >> .env)
fi
echo "docker/secrets is made; save sealing_key and index_key elsewhere too"
