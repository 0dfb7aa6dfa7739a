// A record as the page keeps it, and how one line of the node's NDJSON becomes one.

export interface LogRecord {
  ulid: string;
  time: number; // ms since 1970, NaN where the node's text is no time
  topic: string;
  // The line. A byte that is not UTF-8 stands as U+DC00 + byte, which no valid text can hold.
  line: string;
  continuation: boolean;
}

// What the node says at the end of an answer about its completeness.
export interface Coverage {
  state: string; // full, degraded, partial; empty where the node did not say
  missing: string[];
  givenUp?: string[]; // by hand: what only these held is not here
  since?: number; // complete from here on (ms): older records are past their retention
}

export type Parsed =
  | { kind: "record"; record: LogRecord }
  | { kind: "coverage"; coverage: Coverage }
  | { kind: "malformed" };

export function parseLine(text: string): Parsed {
  let o: unknown;
  try {
    o = JSON.parse(text);
  } catch {
    return { kind: "malformed" };
  }
  if (typeof o !== "object" || o === null) return { kind: "malformed" };
  const v = o as Record<string, unknown>;
  if (typeof v.ulid === "string") {
    const line = lineOf(v);
    if (line === undefined) return { kind: "malformed" };
    return {
      kind: "record",
      record: {
        ulid: v.ulid,
        time: typeof v.time === "string" ? Date.parse(v.time) : NaN,
        topic: typeof v.topic === "string" ? v.topic : "",
        line,
        continuation: v.continuation === true,
      },
    };
  }
  if (typeof v.coverage === "string") {
    const coverage: Coverage = { state: v.coverage, missing: strings(v.missing) };
    if (strings(v.given_up).length > 0) coverage.givenUp = strings(v.given_up);
    const since = typeof v.since === "string" ? Date.parse(v.since) : NaN;
    if (!Number.isNaN(since)) coverage.since = since;
    return { kind: "coverage", coverage };
  }
  return { kind: "malformed" };
}

function lineOf(v: Record<string, unknown>): string | undefined {
  if (typeof v.line === "string") return v.line;
  if (typeof v.line_base64 !== "string") return undefined;
  try {
    return decodeBytes(Uint8Array.from(atob(v.line_base64), (c) => c.charCodeAt(0)));
  } catch {
    return undefined;
  }
}

function strings(v: unknown): string[] {
  return Array.isArray(v) ? v.map((x) => (typeof x === "string" ? x : JSON.stringify(x))) : [];
}

// UTF-8 where it is UTF-8; every other byte by itself, see LogRecord.line.
export function decodeBytes(bytes: Uint8Array): string {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const parts: string[] = [];
  let plain = 0; // start of the valid run before i
  let i = 0;
  const flush = () => {
    if (plain < i) parts.push(strict.decode(bytes.subarray(plain, i)));
  };
  while (i < bytes.length) {
    const n = sequenceLength(bytes, i);
    if (n > 0) {
      i += n;
      continue;
    }
    flush();
    parts.push(String.fromCharCode(0xdc00 + bytes[i]!));
    plain = ++i;
  }
  flush();
  return parts.join("");
}

// Length of the valid UTF-8 sequence at i, 0 where there is none.
function sequenceLength(b: Uint8Array, i: number): number {
  const c = b[i]!;
  if (c < 0x80) return 1;
  const n = c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
  if (n === 0 || i + n > b.length) return 0;
  for (let k = 1; k < n; k++) if ((b[i + k]! & 0xc0) !== 0x80) return 0;
  const second = b[i + 1]!;
  if (c === 0xe0 && second < 0xa0) return 0; // overlong
  if (c === 0xed && second > 0x9f) return 0; // surrogates
  if (c === 0xf0 && second < 0x90) return 0; // overlong
  if (c === 0xf4 && second > 0x8f) return 0; // above U+10FFFF
  return n;
}
