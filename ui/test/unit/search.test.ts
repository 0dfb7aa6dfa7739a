import assert from "node:assert/strict";
import { test } from "node:test";
import {
  beginning,
  emptySearch,
  fromAddress,
  localToUtc,
  toAddress,
  toRequest,
  utcToLocal,
  type Search,
} from "../../src/search.ts";

const hostile = "a&b=c#d+e%f g?/\\\"'<ü漢>\u0000";

test("search: every search survives the way through the address", () => {
  const searches: Search[] = [
    emptySearch,
    { ...emptySearch, q: hostile, topic: hostile, regex: true },
    { ...emptySearch, live: true, window: "7d" },
    {
      ...emptySearch,
      window: "absolute",
      from: "2026-01-02T03:04:05.678Z",
      to: "2026-01-03T00:00:00.000Z",
    },
    { ...emptySearch, window: "absolute", from: "2026-01-02T03:04:05.678Z", to: "" },
  ];
  for (const s of searches) {
    assert.deepEqual(fromAddress(toAddress(s)), { search: s, asked: true, error: "" });
  }
});

test("search: an address without a search asks nothing", () => {
  assert.equal(fromAddress("").asked, false);
  assert.equal(fromAddress("?utm=1").asked, false);
  assert.equal(fromAddress("?q=").asked, true);
});

test("search: an address that cannot be read is an error, never another search", () => {
  assert.match(fromAddress("?from=yesterday").error, /from=yesterday/);
  assert.match(fromAddress("?window=2y").error, /window=2y/);
  assert.equal(fromAddress("?window=3d").error, "");
});

test("search: the request holds q exactly, whatever is in it", () => {
  const url = new URL(toRequest({ ...emptySearch, q: hostile, topic: "a b" }), "http://node/ui/");
  assert.equal(url.pathname, "/store/query");
  assert.equal(url.hash, "");
  assert.equal(url.searchParams.get("q"), hostile);
  assert.equal(url.searchParams.get("topic"), "a b");
  assert.equal(url.searchParams.get("format"), "json");
  assert.equal(url.searchParams.has("regex"), false);
});

test("search: days are asked in hours, which every node knows", () => {
  const from = (window: Search["window"]) =>
    new URL(toRequest({ ...emptySearch, window }), "http://node/ui/").searchParams.get("from");
  assert.deepEqual((["5m", "1d", "3d", "7d"] as const).map(from), ["5m", "24h", "72h", "168h"]);
});

test("search: live asks the stream and sends no times", () => {
  const url = new URL(toRequest({ ...emptySearch, live: true, regex: true }), "http://node/ui/");
  assert.equal(url.pathname, "/store/stream");
  assert.equal(url.searchParams.get("regex"), "true");
  assert.equal(url.searchParams.has("from") || url.searchParams.has("to"), false);
});

test("search: local times and UTC are each other's inverse", () => {
  for (const utc of ["2026-01-02T03:04:05.678Z", "2026-07-02T03:04:05.000Z"]) {
    assert.equal(localToUtc(utcToLocal(utc)), utc);
  }
  assert.equal(localToUtc(""), "");
});

test("search: where a search begins is known, to tell what retention has taken", () => {
  const now = Date.UTC(2026, 0, 10);
  assert.equal(beginning({ ...emptySearch, window: "15m" }, now), now - 900_000);
  assert.equal(beginning({ ...emptySearch, window: "3d" }, now), Date.UTC(2026, 0, 7));
  assert.equal(
    beginning({ ...emptySearch, window: "absolute", from: "2026-01-02T00:00:00.000Z" }, now),
    Date.UTC(2026, 0, 2),
  );
  assert.equal(beginning({ ...emptySearch, live: true }, now), now);
});
