"""A proxy that strips a path prefix, as content servers do: prefix.py PORT PREFIX UPSTREAM_PORT"""

import http.client
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT, PREFIX, UPSTREAM = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])


class Strip(BaseHTTPRequestHandler):
    def do_GET(self):
        if not self.path.startswith(PREFIX + "/"):
            self.send_error(404)
            return
        upstream = http.client.HTTPConnection("127.0.0.1", UPSTREAM, timeout=10)
        upstream.request("GET", self.path[len(PREFIX) :], headers=dict(self.headers))
        answer = upstream.getresponse()
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.read())

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", PORT), Strip).serve_forever()
