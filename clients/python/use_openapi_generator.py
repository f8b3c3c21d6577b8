"""The list, one greeting, one that there is not, a malformed language, and a key, through a client
that openapi-generator generated: use_openapi_generator.py [BASE [KEY]], where an empty BASE is the
client's own"""

import sys

import greetings_client
from greetings_client.exceptions import (
    NotFoundException,
    UnauthorizedException,
    UnprocessableEntityException,
)

base, key = [*sys.argv[1:], None, None][:2]


def api(key):
    # Without a host it is the first of the document's servers.
    configuration = greetings_client.Configuration(host=base or None)
    if key:
        configuration.api_key["apiKey"] = key
        configuration.api_key_prefix["apiKey"] = "Key"
    return greetings_client.DefaultApi(greetings_client.ApiClient(configuration))


def refusal(kind, call, *arguments):
    try:
        call(*arguments)
    except kind as error:
        return error.data
    raise AssertionError(f"no {kind.__name__}")


client = api(key)
listed = client.greetings_greetings_get()
assert {greeting.lang: greeting.text for greeting in listed}["en"] == "Hello"
assert client.greeting_greetings_lang_get("en").text == "Hello"

absent = refusal(NotFoundException, client.greeting_greetings_lang_get, "tlh")
assert absent.status == 404
print("404:", absent.detail)

malformed = refusal(UnprocessableEntityException, client.greeting_greetings_lang_get, "_")
assert malformed.errors[0].loc == ["path", "lang"]
print("422:", malformed.errors[0].msg)

if key:
    print("401:", refusal(UnauthorizedException, api(None).greetings_greetings_get).detail)
