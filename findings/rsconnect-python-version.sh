#!/usr/bin/env bash
# rsconnect-python widens an exact Python version to its whole minor series, and drops a pre-release.
#
# Versions: rsconnect-python 1.32.0; Python 3.11.7
# Date:     2026-11-28
# Expected: `.python-version` with 3.12.7, the form that pyenv and uv write, asks Posit Connect for Python 3.12.7:
#           both of them select exactly that one.
# Happens:  manifest.json asks for ~=3.12.0, which 3.12.0 meets. Of 3.13.0rc1 nothing is left: an error is printed,
#           the manifest asks for nothing, and the exit status is 0. A comparison (==3.12.7, >=3.11) is taken as it
#           stands.
# Matters:  Who pins 3.12.7 for a fix that 3.12.6 lacks may be given a Python without it, on the server alone. In CI
#           nothing shows that a version was dropped.
#
# Exit status: 0 as described, 1 if it behaves otherwise.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check rsconnect-python==1.32.0

status=0
# expect WRITTEN REQUIRED
expect() {
    rm -rf bundle
    mkdir bundle
    echo 'async def app(scope, receive, send): ...' >bundle/app.py
    echo 'h11==0.16.0' >bundle/requirements.txt
    echo "$1" >bundle/.python-version
    local seen code=0
    env/bin/rsconnect write-manifest fastapi --entrypoint app:app bundle >log 2>&1 || code=$?
    seen=$(python3 -c '
import json
manifest = json.load(open("bundle/manifest.json"))
print(manifest.get("environment", {}).get("python", {}).get("requires"))')
    printf '.python-version %-10s the manifest requires %-9s exit status %s\n' "$1" "$seen" "$code"
    grep -i 'invalid python' log || true
    [ "$seen/$code" = "$2/0" ] || { echo "  (described: $2, exit status 0)"; status=1; }
}

expect 3.12.7 '~=3.12.0'
expect '==3.12.7' '==3.12.7'
expect '>=3.11' '>=3.11'
expect 3.13.0rc1 None
exit "$status"
