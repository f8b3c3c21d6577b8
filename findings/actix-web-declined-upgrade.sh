#!/usr/bin/env bash
# actix-web says that it upgrades to who offers to, does not, and closes the connection.
#
# Versions: actix-web 4.18.1 (actix-http 3.20.0), curl 7.88.1
# Date:     2026-11-28
# Expected: A server may ignore an offer to change the protocol (RFC 9110 §7.8). The answer is then as it is without
#           the offer: no `Connection: upgrade`, and in HTTP/1.1 the connection is kept.
# Happens:  The 200 says `connection: upgrade` and names no protocol; the connection is closed after it, which it
#           does not say. The offer is kept as the connection's type, which the answer inherits.
# Matters:  Java's HttpClient offers h2c by default, and curl --http2 does: each of their requests costs a connection,
#           of which the client learns only when it finds it closed.
#
# Exit status: 0 as described, 1 if it behaves otherwise, 2 if there is no cargo or curl.
set -euo pipefail

for tool in cargo curl python3; do
    command -v $tool >/dev/null || { echo "$tool is not installed" >&2; exit 2; }
done
work=$(mktemp -d)
server=''
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
export CARGO_TARGET_DIR=$work/target
cargo init --quiet --vcs none --name hello
cat >>Cargo.toml <<MANIFEST
actix-web = { version = "=4.18.1", default-features = false, features = ["macros"] }
actix-http = "=3.20.0"
MANIFEST
cat >src/main.rs <<'PROGRAM'
use actix_web::{App, HttpServer, web};

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let port: u16 = std::env::args().nth(1).and_then(|port| port.parse().ok()).expect("a port");
    let app = || App::new().route("/", web::get().to(async || "hello"));
    HttpServer::new(app).workers(1).bind(("127.0.0.1", port))?.run().await
}
PROGRAM
cargo build --quiet
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
./target/debug/hello "$port" &
server=$!
url=http://127.0.0.1:$port/
curl --silent --output /dev/null --retry 20 --retry-connrefused --retry-delay 1 "$url"

# How many connections one curl opens for two requests.
connections() {
    curl --silent --show-error --output /dev/null --output /dev/null --write-out '%{num_connects}\n' "$1" "$url" "$url" |
        awk '{ opened += $1 } END { print opened }'
}
plain=$(connections --http1.1)
echo "without an offer, connections for two requests: $plain"
curl --silent --dump-header headers --output /dev/null --http2 "$url"
grep -i '^connection' headers
offering=$(connections --http2)
echo "with an offer of h2c, connections for two requests: $offering"
grep -qi '^connection: upgrade' headers
if grep -qi '^upgrade:' headers; then exit 1; fi
[ "$plain" = 1 ] && [ "$offering" = 2 ]
