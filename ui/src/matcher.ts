// Finds what to highlight. A literal is answered at once; a regular expression by a worker, which
// is ended after a time limit: from then on nothing is highlighted, and `reason` says so.

import { fromRe2 } from "./pattern.ts";
import { rangesOf } from "./ranges.ts";
import type { MatchAnswer, MatchQuestion } from "./match_worker.ts";

const limitMs = 500;
const searchedChars = 256 * 1024; // of one line

export class Matcher {
  private readonly regex: RegExp | undefined;
  private worker: Worker | undefined;
  private waiting = new Map<number, (ranges: number[]) => void>();
  private lastId = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  // Why there is no highlight although there is a pattern; empty where there is one.
  reason = "";

  constructor(
    private readonly q: string,
    isRegex: boolean,
    private readonly changed: () => void,
  ) {
    if (!isRegex || q === "") return;
    this.regex = fromRe2(q);
    if (!this.regex) this.reason = "Matches of this expression cannot be highlighted in a browser.";
  }

  get active(): boolean {
    return this.q !== "" && this.reason === "";
  }

  // `then` is called at once, or later, or never.
  find(line: string, then: (ranges: number[]) => void): void {
    if (!this.active) return;
    const text = line.length > searchedChars ? line.slice(0, searchedChars) : line;
    if (!this.regex) {
      then(rangesOf(this.q, text));
      return;
    }
    const question: MatchQuestion = {
      id: ++this.lastId,
      source: this.regex.source,
      flags: this.regex.flags,
      text,
    };
    this.waiting.set(question.id, then);
    this.running().postMessage(question);
    this.timer ??= setTimeout(() => this.giveUp(), limitMs);
  }

  close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.worker?.terminate();
    this.worker = undefined;
    this.waiting.clear();
  }

  private running(): Worker {
    if (!this.worker) {
      this.worker = new Worker(new URL("./match_worker.ts", import.meta.url), { type: "module" });
      this.worker.onmessage = (e: MessageEvent<MatchAnswer>) => this.answered(e.data);
      this.worker.onerror = () => this.giveUp();
    }
    return this.worker;
  }

  private answered(answer: MatchAnswer): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const then = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if (this.waiting.size > 0) this.timer = setTimeout(() => this.giveUp(), limitMs);
    then?.(answer.ranges);
  }

  private giveUp(): void {
    this.close();
    this.reason = "This expression takes a browser too long: matches are not highlighted.";
    this.changed();
  }
}
