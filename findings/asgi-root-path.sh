#!/usr/bin/env bash
# Four ASGI servers are told the same root path, and do not agree on what an application sees.
#
# Versions: uvicorn 0.54.0, Hypercorn 0.18.0, Granian 2.8.9, Daphne 4.2.3; Python 3.11.7
# Date:     2026-11-28
# Expected: The root path is an option of all four, named alike, and the same application behind the same proxy
#           works on each. ASGI (HTTP connection scope) calls `root_path` the path that the application is
#           mounted at, and `path` the request's.
# Happens:  uvicorn puts the root path before whatever it is asked for: /en becomes /greetings/en, and
#           /greetings/en becomes /greetings/greetings/en. With a slash at the end of the option there are
#           two in the path. The others leave the path as it came.
# Matters:  An application that takes the root path off is right behind a proxy that strips it on uvicorn
#           alone; one that does not is right on the other three alone. Nothing in the scope says which kind
#           of server it is. Taking off the root path "if it is there" fails where it equals a route:
#           /greetings is the most natural place to mount an API of greetings.
#
# Exit status: 0 as described, 1 if it behaves otherwise.
set -euo pipefail

work=$(mktemp -d)
server=''
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check \
    uvicorn==0.54.0 hypercorn==0.18.0 granian==2.8.9 daphne==4.2.3

cat >app.py <<'PYTHON'
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    body = f"root_path={scope['root_path']} path={scope['path']}".encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
PYTHON

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
ask() {
    python3 -c 'import sys, urllib.request as u; print(u.urlopen(sys.argv[1], timeout=5).read().decode())' \
        "http://127.0.0.1:$port$1" 2>/dev/null
}
status=0
# expect SERVER PATH SEEN COMMAND...
expect() {
    local name=$1 path=$2 wanted=$3 seen=''
    shift 3
    "$@" >log 2>&1 &
    server=$!
    for _ in $(seq 100); do
        if seen=$(ask "$path"); then break; fi
        sleep 0.1
    done
    kill "$server"
    wait "$server" 2>/dev/null || true
    server=''
    printf '%-10s asked for %-15s %s\n' "$name" "$path" "$seen"
    case $seen in
        *" path=$wanted") ;;
        *) echo "  (described: path=$wanted)"; status=1 ;;
    esac
}

root=/greetings
for path in /en /greetings/en; do
    expect uvicorn "$path" "/greetings$path" env/bin/uvicorn app:app --port "$port" --root-path "$root"
    expect hypercorn "$path" "$path" env/bin/hypercorn app:app --bind "127.0.0.1:$port" --root-path "$root"
    expect granian "$path" "$path" env/bin/granian --interface asgi app:app --port "$port" --url-path-prefix "$root"
    expect daphne "$path" "$path" env/bin/daphne app:app --port "$port" --root-path "$root"
done
expect uvicorn /en /greetings//en env/bin/uvicorn app:app --port "$port" --root-path "$root/"
exit "$status"
