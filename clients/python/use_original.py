"""What a client does here that openapi-python-client made of the FastAPI original's document:
use_original.py BASE"""

import sys

from greetings_client import Client
from greetings_client.api.default import greeting_greetings_lang_get as one
from greetings_client.api.default import greetings_greetings_get as every

client = Client(base_url=sys.argv[1])

# All that the original ever answers to such a client goes on working.
assert {greeting.lang: greeting.text for greeting in every.sync(client=client)}["en"] == "Hello"
assert one.sync("en", client=client).text == "Hello"

# The original is 500 here, and for a malformed language too; its document names neither.
absent = one.sync_detailed("tlh", client=client)
assert absent.status_code == 404 and absent.parsed is None
print("404: not parsed")

# A 422, which the original's document describes and the original never answers.
try:
    one.sync_detailed("_", client=client)
except ValueError as error:
    print("422: ValueError:", error)
else:
    raise AssertionError("`detail` was read as a list: baselines/PARITY.md says otherwise")
