#!/usr/bin/env bash
# openapi-core calls every valid problem (RFC 9457) invalid: it does not read
# application/problem+json as JSON, and validates the octets against the schema.
#
# Versions: openapi-core 0.23.1, requests 2.32.5, Python 3.11
# Date:     2026-11-28
# Expected: application/problem+json is JSON (RFC 9457 §6.1; the suffix +json, RFC 6839 §3.1, says how
#           to read any such type). An answer that meets its schema is unmarshalled.
# Happens:  The same content against the same schema is unmarshalled as application/json. As
#           application/problem+json it is an error, "InvalidSchemaValue … is not of type 'object'",
#           about a bytes object that is the whole content, on an answer that is right.
# Matters:  Whoever validates answers by openapi-core finds every described error of an API that uses
#           problem details at fault, and none of the messages says that the type was not read. A
#           deserialiser for the type has to be given to OpenAPI's configuration.
#
# Exit status: 0 as described, 1 if it behaves otherwise. Needs python3.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet openapi-core==0.23.1 requests==2.32.5
venv/bin/python - <<'PYTHON' | tee output
import json

import openapi_core
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse

PROBLEM = {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "No such path"}
SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {"status": {"type": "integer"}, "detail": {"type": "string"}},
}


def unmarshalled(media_type, config=None):
    document = {
        "openapi": "3.1.0",
        "info": {"title": "One", "version": "1"},
        "servers": [{"url": "http://localhost"}],
        "paths": {
            "/one": {
                "get": {
                    "responses": {
                        "404": {
                            "description": "Not found",
                            "content": {media_type: {"schema": SCHEMA}},
                        }
                    }
                }
            }
        },
    }
    api = OpenAPI.from_dict(document, config=config)
    answer = MockResponse(json.dumps(PROBLEM).encode(), status_code=404, content_type=media_type)
    result = api.unmarshal_response(MockRequest("http://localhost", "get", "/one"), answer)
    causes = [f"{type(error).__name__}: {error.__cause__!r:.100}" for error in result.errors]
    return result.data == PROBLEM, causes


for media_type in ("application/json", "application/problem+json"):
    print(media_type, *unmarshalled(media_type))
told = Config(extra_media_type_deserializers={"application/problem+json": json.loads})
print("application/problem+json, told how", *unmarshalled("application/problem+json", told))
PYTHON
for line in '^application/json True \[\]$' \
    '^application/problem+json False .*InvalidSchemaValue' \
    '^application/problem+json, told how True \[\]$'; do
    grep -q "$line" output || { echo 'it behaves otherwise'; exit 1; }
done
