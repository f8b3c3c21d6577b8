"""The list, one greeting, one that there is not, a malformed language, and a key, through a client
that openapi-python-client generated: use_openapi_python_client.py BASE [KEY]"""

import sys

from greetings_client import AuthenticatedClient, Client
from greetings_client.api.default import greeting_greetings_lang_get as one
from greetings_client.api.default import greetings_greetings_get as every
from greetings_client.models import Problem

base, key = [*sys.argv[1:], None][:2]

# The generator leaves the document's servers to its caller, and names no field for the key: this
# is what it sends without being told more, Authorization with a prefix.
anyone = Client(base_url=base)
client = AuthenticatedClient(base_url=base, token=key, prefix="Key") if key else anyone

listed = every.sync(client=client)
assert {greeting.lang: greeting.text for greeting in listed}["en"] == "Hello"
assert one.sync("en", client=client).text == "Hello"

absent = one.sync_detailed("tlh", client=client)
assert absent.status_code == 404 and isinstance(absent.parsed, Problem)
print("404:", absent.parsed.detail)

malformed = one.sync_detailed("_", client=client)
assert malformed.status_code == 422 and malformed.parsed.errors[0].loc == ["path", "lang"]
print("422:", malformed.parsed.errors[0].msg)

if key:
    refused = every.sync_detailed(client=anyone)
    assert refused.status_code == 401 and isinstance(refused.parsed, Problem)
    print("401:", refused.parsed.detail)
