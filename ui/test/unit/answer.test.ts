import assert from "node:assert/strict";
import { test } from "node:test";
import { readAnswer, type Sink } from "../../src/answer.ts";
import type { Coverage, LogRecord } from "../../src/record.ts";
import { ndjson } from "../mock.ts";

class Kept implements Sink {
  lines: string[] = [];
  countedRecords = 0;
  bad = 0;
  said: Coverage[] = [];
  constructor(private readonly wanted = Infinity) {}
  begin(c: Coverage) {
    this.said.push(c);
  }
  coverage(c: Coverage) {
    this.said.push(c);
  }
  records(batch: LogRecord[]) {
    this.lines.push(...batch.map((r) => r.line));
    return this.lines.length < this.wanted;
  }
  counted(n: number) {
    this.countedRecords += n;
  }
  malformed(n: number) {
    this.bad += n;
  }
}

function answerOf(chunks: Uint8Array[], end: "close" | "error" = "close", headers = {}) {
  let i = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(c) {
      if (i < chunks.length) c.enqueue(chunks[i++]!);
      else if (end === "close") c.close();
      else c.error(new TypeError("network error"));
    },
  });
  return async () => new Response(body, { status: 200, headers });
}

const bytes = (text: string) => new TextEncoder().encode(text);
const signal = () => new AbortController().signal;

test("answer: records come whole however the bytes are cut", async () => {
  const all = bytes(ndjson({ line: "ä€😀" }) + ndjson({ line: "" }) + ndjson({ line: "z" }));
  for (const size of [1, 2, 3, 7, 64, all.length]) {
    const chunks: Uint8Array[] = [];
    for (let i = 0; i < all.length; i += size) chunks.push(all.slice(i, i + size));
    const kept = new Kept();
    assert.deepEqual(await readAnswer("x", signal(), kept, answerOf(chunks)), { kind: "done" });
    assert.deepEqual(kept.lines, ["ä€😀", "", "z"]);
  }
});

test("answer: a connection that breaks is never a complete answer", async () => {
  const kept = new Kept();
  const o = await readAnswer(
    "x",
    signal(),
    kept,
    answerOf([bytes(ndjson({ line: "one" }))], "error"),
  );
  assert.equal(o.kind, "broken");
  assert.deepEqual(kept.lines, ["one"]);
});

test("answer: an end in the middle of a record is a broken answer", async () => {
  const cut = ndjson({ line: "one" }) + ndjson({ line: "two" }).slice(0, -5);
  const o = await readAnswer("x", signal(), new Kept(), answerOf([bytes(cut)]));
  assert.deepEqual(o, { kind: "broken", reason: "The answer ended in the middle of a record." });
});

test("answer: the node's reason for a refusal is handed on", async () => {
  const refuse = async () => new Response("parsing 'from': x\n", { status: 400 });
  assert.deepEqual(await readAnswer("x", signal(), new Kept(), refuse), {
    kind: "refused",
    status: 400,
    reason: "parsing 'from': x",
  });
});

test("answer: no answer at all is unreachable, and stopped where a person stopped", async () => {
  const fail = async () => {
    throw new TypeError("refused");
  };
  assert.deepEqual(await readAnswer("x", signal(), new Kept(), fail), { kind: "unreachable" });
  const aborted = new AbortController();
  aborted.abort();
  assert.deepEqual(await readAnswer("x", aborted.signal, new Kept(), fail), { kind: "stopped" });
});

test("answer: what the sink does not want is counted", async () => {
  const chunks = Array.from({ length: 10 }, (_, i) =>
    bytes(ndjson({ line: `${i}` }) + ndjson({ line: "x" })),
  );
  const kept = new Kept(4);
  assert.equal((await readAnswer("x", signal(), kept, answerOf(chunks))).kind, "done");
  assert.equal(kept.lines.length, 4);
  assert.equal(kept.countedRecords, 16);
});

test("answer: coverage is heard from the header and corrected by the last line", async () => {
  const kept = new Kept(1);
  const end = bytes(
    ndjson({ line: "a" }) + ndjson({ line: "b" }) + '{"coverage":"partial","missing":["m"]}\n',
  );
  await readAnswer("x", signal(), kept, answerOf([end], "close", { "X-Oklog-Coverage": "full" }));
  assert.deepEqual(kept.said, [
    { state: "full", missing: [] },
    { state: "partial", missing: ["m"] },
  ]);
});

test("answer: records that cannot be read are counted as such", async () => {
  const kept = new Kept();
  await readAnswer("x", signal(), kept, answerOf([bytes(ndjson({ line: "a" }) + "<html>\n\n")]));
  assert.deepEqual([kept.lines.length, kept.bad], [1, 1]);
});
