#!/usr/bin/env bash
# Given the URL of an OpenAPI document, three of four tools do not find the API that it describes.
#
# Versions: openapi-generator 7.26.0 (PyPI's package, Java 17), @hey-api/openapi-ts 0.99.0,
#           oazapfts 7.5.0 with @oazapfts/runtime 1.2.0, openapi-core 0.23.1, Node.js 20, Python 3.11
# Date:     2026-11-28
# Expected: OpenAPI 3.1.0 §4.8.5: a server's URL may be relative, "to indicate that the host location
#           is relative to the location where the OpenAPI document is being served". A tool that has
#           fetched http://127.0.0.1:PORT/content/42/openapi.json knows that location, so that the
#           server "." is http://127.0.0.1:PORT/content/42/.
# Happens:  openapi-generator resolves it. hey-api and oazapfts write baseUrl "." into the client,
#           whose first request is then an invalid URL in Node.js. openapi-core, told the
#           document's URL as base_uri, raises ServerNotFound for every request to that API.
# Matters:  A document with a relative server holds behind any proxy and prefix without
#           configuration; no test of the document can show that clients made from it have no
#           address. A caller sets the base URL, or the server states an absolute one.
#
# Exit status: 0 as described, 1 if it behaves otherwise. Needs python3, Java, Node.js and npm.
set -euo pipefail
work=$(mktemp -d)
served=''
clean_up() {
    [ -z "$served" ] || kill "$served" 2>/dev/null || true
    rm -rf "$work"
}
trap clean_up EXIT
cd "$work"

mkdir -p root/content/42
cat >root/content/42/openapi.json <<'JSON'
{
  "openapi": "3.1.0",
  "info": {"title": "One", "version": "1"},
  "servers": [{"url": "."}],
  "paths": {
    "/one": {
      "get": {
        "operationId": "one",
        "responses": {
          "200": {
            "description": "One",
            "content": {"application/json": {"schema": {"type": "integer"}}}
          }
        }
      }
    }
  }
}
JSON
echo 1 >root/content/42/one
# It prints the port that it was given.
python3 -u -c '
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
class Json(SimpleHTTPRequestHandler):
    extensions_map = {"": "application/json"}
    def log_message(self, *_): pass
server = HTTPServer(("127.0.0.1", 0), partial(Json, directory="root"))
print(server.server_port)
server.serve_forever()
' >port &
served=$!
for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
url=http://127.0.0.1:$(cat port)/content/42/openapi.json

python3 -m venv venv
venv/bin/pip install --quiet openapi-generator-cli==7.26.0 openapi-core==0.23.1 requests==2.32.5
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund @hey-api/openapi-ts@0.99.0 oazapfts@7.5.0 \
    @oazapfts/runtime@1.2.0 typescript@5.9.3 tsx@4.23.15

venv/bin/openapi-generator-cli generate -g python -i "$url" -o java >log 2>&1
generator=$(grep -o "'url': \"[^\"]*\"" java/openapi_client/configuration.py)

node_modules/.bin/openapi-ts --input "$url" --output hey --client @hey-api/client-fetch --no-log-file >log 2>&1
hey=$(grep -o "baseUrl: '[^']*'" hey/client.gen.ts)
cat >hey.ts <<'TYPESCRIPT'
import { one } from "./hey/sdk.gen";
await one({ throwOnError: true }).then(({ data }) => console.log(data), (error) => console.log(String(error)));
TYPESCRIPT
hey_used=$(node_modules/.bin/tsx hey.ts)

node_modules/.bin/oazapfts "$url" oazapfts.ts >log 2>&1
oazapfts=$(grep -o 'baseUrl: "[^"]*"' oazapfts.ts)
cat >oazapfts-use.ts <<'TYPESCRIPT'
import { one } from "./oazapfts";
await one().then((answer) => console.log(answer), (error) => console.log(String(error)));
TYPESCRIPT
oazapfts_used=$(node_modules/.bin/tsx oazapfts-use.ts)

core=$(venv/bin/python - "$url" <<'PYTHON'
import sys

import requests
from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse

url = sys.argv[1]
api = OpenAPI.from_dict(requests.get(url).json(), base_uri=url)
request = requests.Request("GET", url.replace("openapi.json", "one"))
answer = requests.Session().send(request.prepare())
result = api.unmarshal_response(RequestsOpenAPIRequest(request), RequestsOpenAPIResponse(answer))
print(answer.status_code, result.data, [type(error).__name__ for error in result.errors])
PYTHON
)

echo "the document:      $url, with the server \".\""
echo "openapi-generator: $generator"
echo "hey-api:           $hey; used: $hey_used"
echo "oazapfts:          $oazapfts; used: $oazapfts_used"
echo "openapi-core:      $core"

[ "$generator" = "'url': \"${url%/openapi.json}\"" ] &&
    [ "$hey" = "baseUrl: '.'" ] && [[ $hey_used == *'Failed to parse URL'* ]] &&
    [ "$oazapfts" = 'baseUrl: "."' ] && [[ $oazapfts_used == *'Failed to parse URL'* ]] &&
    [ "$core" = "200 None ['ServerNotFound']" ] || {
    echo 'it behaves otherwise'
    exit 1
}
