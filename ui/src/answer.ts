// One answer of the node, read as it arrives. Pure of the page: it is told where to put what it
// reads. An answer that does not come to its own end is never reported as complete.

import { parseLine, type Coverage, type LogRecord } from "./record.ts";

export type Outcome =
  | { kind: "done" }
  | { kind: "stopped" } // by the person
  | { kind: "refused"; status: number; reason: string } // the node said no
  | { kind: "unreachable" } // no answer began
  | { kind: "broken"; reason: string }; // an answer began and did not end

export interface Sink {
  // The answer has begun.
  begin(coverage: Coverage): void;
  // The node corrects what it said about completeness at the beginning.
  coverage(coverage: Coverage): void;
  // Returns whether the sink wants more records; once it does not, records are only counted.
  records(batch: LogRecord[]): boolean;
  counted(n: number): void;
  malformed(n: number): void;
}

const lineCharsMax = 64 * 1024 * 1024; // of one JSON line; above it the answer is refused as broken
const reasonCharsMax = 2000;
const sliceMs = 10; // work at most so long before the page may draw and react

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export async function readAnswer(
  url: string,
  signal: AbortSignal,
  sink: Sink,
  fetcher: Fetch = (u, i) => fetch(u, i),
): Promise<Outcome> {
  let response: Response;
  try {
    response = await fetcher(url, { signal, cache: "no-store", credentials: "same-origin" });
  } catch {
    return signal.aborted ? { kind: "stopped" } : { kind: "unreachable" };
  }
  try {
    if (response.status !== 200 || !response.body) {
      return { kind: "refused", status: response.status, reason: await reasonOf(response) };
    }
    const state = (response.headers.get("X-Oklog-Coverage") ?? "").toLowerCase();
    sink.begin({ state, missing: [] });
    return await readBody(response.body.getReader(), signal, sink);
  } catch {
    if (signal.aborted) return { kind: "stopped" };
    return { kind: "broken", reason: "The connection broke." };
  }
}

async function reasonOf(response: Response): Promise<string> {
  const text = (await response.text()).trim().slice(0, reasonCharsMax);
  return text || response.statusText;
}

async function readBody(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  signal: AbortSignal,
  sink: Sink,
): Promise<Outcome> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const feed = new Feed(sink);
  let carry = ""; // a line whose end has not come yet
  let resumed = performance.now();
  for (;;) {
    const { done, value } = await reader.read();
    if (signal.aborted) return { kind: "stopped" };
    if (done) break;
    const text = decoder.decode(value, { stream: true });
    const end = text.lastIndexOf("\n");
    if (end < 0) {
      carry += text;
      if (carry.length > lineCharsMax) {
        await reader.cancel();
        return { kind: "broken", reason: "The node sent a record without end." };
      }
      continue;
    }
    const whole = carry + text.slice(0, end);
    carry = text.slice(end + 1);
    feed.lines(whole);
    if (performance.now() - resumed > sliceMs) {
      await new Promise((resolve) => setTimeout(resolve));
      if (signal.aborted) return { kind: "stopped" };
      resumed = performance.now();
    }
  }
  if (carry + decoder.decode() !== "") {
    return { kind: "broken", reason: "The answer ended in the middle of a record." };
  }
  return { kind: "done" };
}

// Complete lines to the sink: parsed while it wants records, counted afterwards.
class Feed {
  private wanted = true;
  constructor(private readonly sink: Sink) {}

  lines(text: string): void {
    const batch: LogRecord[] = [];
    let counted = 0;
    let malformed = 0;
    for (const line of text.split("\n")) {
      if (!this.wanted && line.startsWith('{"ulid"')) {
        counted++;
        continue;
      }
      if (line === "") continue; // keep-alive of an idle stream
      const parsed = parseLine(line);
      if (parsed.kind === "coverage") this.sink.coverage(parsed.coverage);
      else if (parsed.kind === "malformed") malformed++;
      else if (this.wanted) batch.push(parsed.record);
      else counted++;
    }
    if (batch.length > 0) this.wanted = this.sink.records(batch);
    if (counted > 0) this.sink.counted(counted);
    if (malformed > 0) this.sink.malformed(malformed);
  }
}
