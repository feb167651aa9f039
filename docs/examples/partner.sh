#!/usr/bin/env bash
# The line by hand, with curl and openssl (3.0 or newer): waits for one case, receipts, accepts and decides it.
#
#   bash partner.sh sheet.json key.jwk.json
#
# Shows every byte that goes over the wire; it keeps no books, so it is for learning and looking, not for running.
# partner.py and partner.mjs are programs that survive a crash.
set -euo pipefail
export LC_ALL=C
sheet=$1 key=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

string='"([^"\\]|\\.)*"'
field() { # field NAME: the first JSON string member of that name in stdin, unescaped
    { grep -aoE "\"$1\" *: *$string" || true; } | sed -n 1p | sed -E 's/^"[^"]*" *: *"//; s/"$//; s/\\(["\\\/])/\1/g' | tr -d '\n'
}
b64() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
unb64() { # base64url from stdin, to bytes
    local text
    text=$(tr -- '-_' '+/')
    while [ $((${#text} % 4)) -ne 0 ]; do text+='='; done
    printf %s "$text" | openssl base64 -d -A
}
sha256() { openssl dgst -sha256 -r "$1" | cut -d' ' -f1; }
bytes() { printf '%b' "$(printf %s "$1" | sed 's/../\\x&/g')"; } # bytes HEX
now() { TZ=CST-8 date +%Y-%m-%dT%H:%M:%S+08:00; }

api=$(field api <"$sheet") code=$(field code <"$sheet")
me=urn:jurisdiction:$code kid=$(field kid <"$key")

# Our key, and later theirs, as openssl wants it: a fixed DER head and the 32 bytes of the JWK (RFC 8410).
{ bytes 302e020100300506032b657004220420; field d <"$key" | unb64; } >"$work/ours.der"
openssl pkey -inform DER -in "$work/ours.der" -out "$work/ours.pem"

call() { # call METHOD PATH [curl options]: prints the answer, or ends with what went wrong
    local status
    status=$(curl -sS --retry 5 --retry-connrefused -o "$work/answer" -w '%{http_code}' -X "$1" "$api$2" \
        ${token:+-H "Authorization: Bearer $token"} "${@:3}")
    case $status in 2*) cat "$work/answer" ;; *) echo "$1 $2: $status $(cat "$work/answer")" >&2 && exit 1 ;; esac
}

believe() { # believe BODY-FILE SIGNATURE: 0 when a pinned key signed exactly these bytes and the head says the same
    local protected=${2%%..*} head one
    head=$(printf %s "$protected" | unb64)
    one=$(tr '}' '\n' <"$sheet" | grep -a "\"kid\" *: *\"$(printf %s "$head" | field kid)\"") || return 1
    { bytes 302a300506032b6570032100; printf %s "$one" | field x | unb64; } >"$work/theirs.der"
    { printf '%s.' "$protected"; cat "$1"; } >"$work/signed"
    printf %s "${2##*..}" | unb64 >"$work/tail"
    openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey "$work/theirs.der" -in "$work/signed" -sigfile "$work/tail" >&2 &&
        [ "$(printf %s "$head" | field iss)" = "$(field source <"$1")" ] &&
        [ "$(printf %s "$head" | field aud)" = "$me" ] &&
        [ "$(printf %s "$head" | field jti)" = "$(field id <"$1")" ]
}

say() { # say PATH TYPE SUBJECT DATA [SEQUENCE]: sign a message and send it
    local id protected signature
    id=$(openssl rand -hex 13)
    printf '{"specversion":"1.0","id":"%s","source":"%s","type":"cn.tongban.%s.v1","subject":"%s","time":"%s","datacontenttype":"application/json","recipient":"%s",%s"data":%s}' \
        "$id" "$me" "$2" "$3" "$(now)" "$peer" "${5:+\"sequence\":\"$5\",\"sequencetype\":\"Integer\",\"seen\":1,}" "$4" >"$work/body"
    protected=$(printf '{"alg":"EdDSA","kid":"%s","typ":"tongban-message+jws","b64":false,"crit":["b64"],"iss":"%s","aud":"%s","jti":"%s","iat":%s}' \
        "$kid" "$me" "$peer" "$id" "$(date +%s)" | b64)
    { printf '%s.' "$protected"; cat "$work/body"; } >"$work/signed"
    openssl pkeyutl -sign -rawin -inkey "$work/ours.pem" -in "$work/signed" -out "$work/tail"
    signature=$protected..$(b64 <"$work/tail")
    call POST "$1" --data-binary "@$work/body" -H 'Content-Type: application/cloudevents+json' -H "Tongban-Signature: $signature"
}

next() { # next: one delivery, believed, in $work/said; sets id, kind, subject, digest
    while :; do
        call GET '/deliveries?wait=20&limit=1' >"$work/items"
        id=$(field id <"$work/items")
        [ -z "$id" ] || break
    done
    field body <"$work/items" >"$work/said" # its UTF-8 bytes are the signed ones
    believe "$work/said" "$(field signature <"$work/items")" || { echo "delivery $id cannot be believed" >&2 && exit 1; }
    kind=$(field type <"$work/said") kind=${kind#cn.tongban.} kind=${kind%.v1}
    subject=$(field subject <"$work/said") digest=$(sha256 "$work/said")
    echo "<- $kind $subject"
}

token=''
token=$(call POST /token -d grant_type=client_credentials -d "client_id=$(field client_id <"$sheet")" \
    --data-urlencode "client_secret=$(field client_secret <"$sheet")" | field access_token)

next
while [ "$kind" != application.submitted ]; do next; done
peer=$(field source <"$work/said")
delivery=$(field result_delivery <"$work/said")
grep -aoE '"sha256":"[0-9a-f]{64}"' "$work/said" | cut -d'"' -f4 | while read -r file; do
    call GET "/attachments/$file" >"$work/material"
    [ "$(sha256 "$work/material")" = "$file" ] || { echo "attachment $file came with other bytes" >&2 && exit 1; }
done || exit 1
say "/deliveries/$id/receipt" receipt receipt \
    '{"receipts":[{"id":"'"$id"'","sha256":"'"$digest"'","stored_at":"'"$(now)"'","highest_applied":1,"outcome":"applied"}]}'
echo "-> receipt for $id"

reference=$code-${subject: -8} case=$subject
say /messages application.accepted "$case" '{"reference":"'"$reference"'","accepted_at":"'"$(now)"'","promised_by":"'"$(TZ=CST-8 date -d '+10 days' +%F)"'","contact":{"name":"赵经办","phone":"0710-0000001"}}' 1 >/dev/null
echo "-> application.accepted"
printf '准予（示例，不具有任何效力）\n' >"$work/paper"
paper=$(call PUT /attachments --data-binary "@$work/paper" -H 'Content-Type: text/plain' \
    -H "Content-Disposition: attachment; filename=decision.txt")
say /messages application.decided "$case" '{"outcome":"granted","reference":"'"$reference"'","decided_at":"'"$(now)"'","documents":['"$paper"'],"certificates":[],"result_delivery":"'"$delivery"'"}' 2 >/dev/null
decided=$(sha256 "$work/body")
echo "-> application.decided"

until grep -aq "$decided" "$work/said"; do next; done # the gateway's receipt for it
grep -aoE '"outcome":"[a-z_]+"' "$work/said"
