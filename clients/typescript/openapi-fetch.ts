// The list, one greeting, one that there is not, a malformed language, and a key, through
// openapi-fetch with the types that openapi-typescript generated: openapi-fetch.ts BASE [KEY]

import assert from "node:assert";
import createClient from "openapi-fetch";
import type { paths } from "./generated/schema";

const [base, key] = process.argv.slice(2);

// Types have no servers and no security: both are the caller's.
const anyone = createClient<paths>({ baseUrl: base });
const client = key
  ? createClient<paths>({ baseUrl: base, headers: { Authorization: `Key ${key}` } })
  : anyone;
const one = (lang: string) => client.GET("/greetings/{lang}", { params: { path: { lang } } });

const list = await client.GET("/greetings");
assert.equal(list.data?.find((greeting) => greeting.lang === "en")?.text, "Hello");
assert.equal((await one("en")).data?.text, "Hello");

const absent = await one("tlh");
assert.equal(absent.error?.status, 404);
console.log("404:", absent.error?.detail);

const malformed = await one("_");
assert.equal(malformed.response.status, 422);
assert.deepEqual(malformed.error?.errors?.[0]?.loc, ["path", "lang"]);
console.log("422:", malformed.error?.errors?.[0]?.msg);

if (key) {
  const refused = await anyone.GET("/greetings");
  // A client of an open server has no type for it.
  assert.equal(refused.response.status, 401);
}
