// The list, one greeting, one that there is not, a malformed language, and a key, through a client
// that @hey-api/openapi-ts generated: hey-api.ts [BASE [KEY]], where an empty BASE is the client's own

import assert from "node:assert";
import { client } from "./generated/hey-api/client.gen";
import { greetingGreetingsLangGet, greetingsGreetingsGet } from "./generated/hey-api/sdk.gen";

const [base, key] = process.argv.slice(2);

// Without a baseUrl it is the first of the document's servers.
if (base) client.setConfig({ baseUrl: base });
if (key) client.setConfig({ auth: () => `Key ${key}` });
const one = (lang: string) => greetingGreetingsLangGet({ path: { lang } });

const list = await greetingsGreetingsGet();
assert.equal(list.data?.find((greeting) => greeting.lang === "en")?.text, "Hello");
assert.equal((await one("en")).data?.text, "Hello");

const absent = await one("tlh");
assert.equal(absent.error?.status, 404);
console.log("404:", absent.error?.detail);

const malformed = await one("_");
assert.equal(malformed.response?.status, 422);
assert.deepEqual(malformed.error?.errors?.[0]?.loc, ["path", "lang"]);
console.log("422:", malformed.error?.errors?.[0]?.msg);

if (key) {
  const refused = await greetingsGreetingsGet({ auth: undefined });
  // A client of an open server has no type for it.
  assert.equal(refused.response?.status, 401);
}
