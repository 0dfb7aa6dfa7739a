import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeBytes, parseLine } from "../../src/record.ts";

const head =
  '{"ulid":"01JD0000000000000000000000","time":"2026-11-21T03:04:05.678Z","topic":"web",';

test("record: a line of the node becomes a record", () => {
  const p = parseLine(head + '"line":"GET /","continuation":true}');
  assert.deepEqual(p, {
    kind: "record",
    record: {
      ulid: "01JD0000000000000000000000",
      time: Date.UTC(2026, 10, 21, 3, 4, 5, 678),
      topic: "web",
      line: "GET /",
      continuation: true,
    },
  });
});

test("record: bytes that are not UTF-8 keep their value and their place", () => {
  const bytes = Buffer.from([
    0x61, 0xff, 0xc3, 0xa4, 0xc3, 0x62, 0xed, 0xa0, 0x80, 0xf0, 0x9f, 0x98, 0x80,
  ]);
  const p = parseLine(head + `"line_base64":"${bytes.toString("base64")}"}`);
  assert.equal(p.kind === "record" && p.record.line, "a\udcffä\udcc3b\udced\udca0\udc80😀");
});

test("record: decoding agrees with the platform on every valid text", () => {
  const text = "\u0000a\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff\u{10000}\u{10ffff}\ufeff";
  assert.equal(decodeBytes(new TextEncoder().encode(text)), text);
});

test("record: overlong, too high and cut sequences are bytes", () => {
  const each = (b: number[]) => decodeBytes(Uint8Array.from(b));
  assert.equal(each([0xc0, 0x80]), "\udcc0\udc80");
  assert.equal(each([0xe0, 0x80, 0x80]), "\udce0\udc80\udc80");
  assert.equal(each([0xf4, 0x90, 0x80, 0x80]), "\udcf4\udc90\udc80\udc80");
  assert.equal(each([0xe2, 0x82]), "\udce2\udc82");
});

test("record: what the node says about its coverage is understood", () => {
  assert.deepEqual(parseLine('{"coverage":"partial","missing":["segment x: checksum"]}'), {
    kind: "coverage",
    coverage: { state: "partial", missing: ["segment x: checksum"] },
  });
});

test("record: anything else is malformed, not a crash", () => {
  for (const text of [
    "",
    "null",
    "[]",
    "{",
    "7",
    "{}",
    head + '"line":7}',
    head + '"line_base64":"*"}',
  ]) {
    assert.equal(parseLine(text).kind, "malformed", text);
  }
});
