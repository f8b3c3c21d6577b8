"""A server that is well and of which every second probe fails, for `deploy/check`.

python3 flaky_health.py PORT LOG

GET /readyz is 200 and 500 by turns, and a line of LOG says which. All else is 200.
"""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle

STATUSES = cycle((200, 500))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        status = 200
        if self.path == "/readyz":
            status = next(STATUSES)
            print(status, file=log, flush=True)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


with open(sys.argv[2], "w") as log:
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
