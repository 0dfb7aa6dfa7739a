import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogRecord } from "../../src/record.ts";
import { RowStore } from "../../src/row_store.ts";

const record = (line: string): LogRecord => ({
  ulid: "",
  time: 0,
  topic: "",
  line,
  continuation: false,
});
const records = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => record(String(from + i)));

test("row store: a head keeps the first records and counts all", () => {
  const s = new RowStore("head", { rows: 10, chars: 1e6 });
  assert.equal(s.add(records(0, 6)), true);
  assert.equal(s.add(records(6, 14)), false);
  s.count(100);
  assert.deepEqual([s.first, s.length, s.total], [0, 10, 114]);
  assert.deepEqual([s.at(0)?.line, s.at(9)?.line, s.at(10)], ["0", "9", undefined]);
});

test("row store: a head is bounded by characters too", () => {
  const s = new RowStore("head", { rows: 1e6, chars: 1000 });
  for (let i = 0; i < 100; i++) s.add([record("x".repeat(300))]);
  assert.deepEqual([s.length, s.total], [4, 100]);
});

test("row store: a tail keeps the newest under their own numbers", () => {
  const s = new RowStore("tail", { rows: 2000, chars: 1e6 });
  for (let i = 0; i < 50; i++) assert.equal(s.add(records(i * 1000, (i + 1) * 1000)), true);
  assert.deepEqual([s.first, s.length, s.total], [48_000, 2000, 50_000]);
  assert.deepEqual(
    [s.at(48_000)?.line, s.at(49_999)?.line, s.at(47_999)],
    ["48000", "49999", undefined],
  );
});

test("row store: a tail drops old records for a big one, and keeps that one", () => {
  const s = new RowStore("tail", { rows: 100, chars: 1000 });
  s.add(records(0, 10));
  s.add([record("x".repeat(5000))]);
  assert.deepEqual([s.first, s.length, s.total], [10, 1, 11]);
});
