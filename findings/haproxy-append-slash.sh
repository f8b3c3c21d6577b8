#!/usr/bin/env bash
# HAProxy's append-slash puts the slash at the end of the query.
#
# Versions: HAProxy 2.6.12 (Debian 12, 2.6.12-1+deb12u4), which this needs to be installed
# Date:     2026-11-28
# Expected: `http-request redirect prefix / append-slash` leads from /app to /app/, and from /app?q=1 to /app/?q=1.
# Happens:  From /app?q=1 it leads to /app?q=1/. The query has another value, and the path still lacks its slash,
#           so that the rule matches again, and leads to itself. The configuration check says nothing. The manual
#           has append-slash "in conjunction with drop-query" and does not say what it does without.
# Matters:  The rule passes every test that has no query. Where there is one, the client follows a permanent
#           redirect from /app?q=1/ to /app?q=1/ until it gives up.
#
# Exit status: 0 as described, 1 if it behaves otherwise, 2 if HAProxy is not installed.
set -euo pipefail

haproxy=$(PATH=$PATH:/usr/sbin command -v haproxy) || { echo 'haproxy is not installed' >&2; exit 2; }
"$haproxy" -v | sed -n 1p
work=$(mktemp -d)
server=''
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

cat >haproxy.cfg <<CONFIGURATION
defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
frontend site
    bind 127.0.0.1:$port
    http-request redirect prefix / append-slash code 308 if { path /app }
    http-request redirect prefix / append-slash drop-query code 308 if { path /dropped }
    http-request redirect location /put/%[query,length,bool,iif(?,)]%[query] code 308 if { path /put }
    http-request return status 204
CONFIGURATION
checked=$("$haproxy" -c -f haproxy.cfg 2>&1)
echo "$checked"
case $checked in *[Ww]arning*) exit 1 ;; esac
"$haproxy" -db -f haproxy.cfg 2>log &
server=$!

status=0
# expect TARGET LOCATION
expect() {
    local seen=''
    for _ in $(seq 50); do
        if seen=$(python3 -c '
import http.client, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=5)
connection.request("GET", sys.argv[2])
print(connection.getresponse().getheader("location"))' "$port" "$1" 2>/dev/null); then break; fi
        sleep 0.1
    done
    printf 'GET %-14s Location: %s\n' "$1" "$seen"
    [ "$seen" = "$2" ] || { echo "  (described: $2)"; status=1; }
}
expect /app /app/
expect '/app?q=1' '/app?q=1/'
expect '/app?q=1/' '/app?q=1/'
expect '/dropped?q=1' /dropped/
expect '/put?q=1' '/put/?q=1'
expect /put /put/
exit "$status"
