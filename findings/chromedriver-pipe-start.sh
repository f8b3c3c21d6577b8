#!/usr/bin/env bash
# ChromeDriver waits a minute for a browser that has ended at once, if it is to talk to it by a pipe.
#
# Versions: ChromeDriver and Chromium 156.0.8078.108 (Debian 12's chromium-driver), which this needs to be installed
# Date:     2026-11-28
# Expected: A browser that exits as soon as it is started, for want of a sandbox or of a library, is told within a
#           second, whatever the driver talks to it by.
# Happens:  By default (a port) it is: "Chrome instance exited". With --remote-debugging-pipe the driver does not see
#           that the process is gone. After 60 seconds it says "Timed out receiving message from renderer: 60.000",
#           and then that the process is no longer running. GET /status says meanwhile that it is ready.
# Matters:  The pipe is what ends the browser with its driver, whatever becomes of that, so test suites use it. Where
#           Chromium has no sandbox (containers, Ubuntu's AppArmor) each attempt costs a minute, and the message
#           looks for a slow renderer where there was never one. The cause is seen with --verbose alone.
#
# Exit status: 0 as described, 1 if it behaves otherwise, 2 if ChromeDriver is not installed.
set -euo pipefail

driver=$(command -v chromedriver) || { echo 'chromedriver is not installed' >&2; exit 2; }
"$driver" --version
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# A browser that ends at once.
printf '#!/bin/sh\necho "No usable sandbox!" >&2\nexit 1\n' >browser
chmod +x browser

cat >session.py <<'PYTHON'
import http.client, json, re, subprocess, sys, time

driver, binary = sys.argv[1:]

def start(arguments):
    """How long it takes until the driver says that there is no session, in seconds, and what it says."""
    process = subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, text=True)
    try:
        for line in process.stdout:
            if found := re.search(r"started successfully on port (\d+)", line):
                break
        connection = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=150)
        options = {"goog:chromeOptions": {"binary": binary, "args": arguments}}
        began = time.monotonic()
        connection.request("POST", "/session", json.dumps({"capabilities": {"alwaysMatch": options}}))
        said = json.load(connection.getresponse())["value"]["message"]
        return time.monotonic() - began, said
    finally:
        process.terminate()
        process.wait()

by_port, said = start(["--headless"])
print(f"by a port: {by_port:.1f} s\n  {said}")
by_pipe, said = start(["--headless", "--remote-debugging-pipe"])
print(f"by a pipe: {by_pipe:.1f} s\n  {said}")
sys.exit(not (by_port < 20 and by_pipe > 40 and "Timed out receiving message from renderer" in said))
PYTHON
python3 session.py "$driver" "$PWD/browser"
