import assert from "node:assert/strict";
import { test } from "node:test";
import { readStatus } from "../../src/cluster.ts";

test("cluster: all is well: a number of nodes, and no banner", () => {
  const s = readStatus({ members: { alive: 3 }, store: { consuming: true }, attention: [] });
  assert.deepEqual(s, { members: "3 nodes", level: "", attention: [] });
  assert.equal(readStatus({ members: { alive: 1 } }).members, "1 node");
});

test("cluster: what wants attention is a warning, and that nothing is consumed an error", () => {
  const j = { members: { alive: 2 }, store: { consuming: true }, attention: ["a", "b"] };
  assert.equal(readStatus(j).level, "warning");
  assert.deepEqual(readStatus(j).attention, ["a", "b"]);
  assert.equal(readStatus({ ...j, store: { consuming: false } }).level, "error");
});

test("cluster: whom answers miss is a warning, too", () => {
  const j = { members: { alive: 2 }, attention: [], answers: { missing: ["store A: dead"] } };
  assert.equal(readStatus(j).level, "warning");
  assert.deepEqual(readStatus(j).attention, ["answers miss store A: dead"]);
});

test("cluster: an ingester, an older node, or nonsense says nothing", () => {
  const quiet = { members: "", level: "", attention: [] };
  for (const j of [undefined, null, 7, "x", [], {}, { members: 3, attention: "x", store: 1, answers: "y" }]) {
    assert.deepEqual(readStatus(j), quiet);
  }
  assert.equal(readStatus({ members: { alive: 2 }, store: null, attention: [] }).level, "");
  assert.deepEqual(readStatus({ attention: [1, {}, "a"] }).attention, ["a"]);
});
