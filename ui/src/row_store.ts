// The records that the page keeps, in the order they came, within fixed limits: the first ones of
// an answer ("head"), the newest ones of a live stream ("tail"). All is counted, kept or not.

import type { LogRecord } from "./record.ts";

export interface Limits {
  rows: number;
  chars: number;
}

export const headLimits: Limits = { rows: 250_000, chars: 64 * 1024 * 1024 };
export const tailLimits: Limits = { rows: 20_000, chars: 32 * 1024 * 1024 };

export class RowStore {
  private rows: (LogRecord | undefined)[] = [];
  private start = 0; // rows[start] is the first one kept
  private chars = 0;
  private dropped = 0; // before rows[start]
  private uncounted = 0; // counted only, behind the last one kept

  constructor(
    private readonly keep: "head" | "tail",
    private readonly limits: Limits,
  ) {}

  get length(): number {
    return this.rows.length - this.start;
  }
  // All records of the answer so far.
  get total(): number {
    return this.dropped + this.length + this.uncounted;
  }
  // The number, within the answer, of the first record kept.
  get first(): number {
    return this.dropped;
  }

  // By its number within the answer; undefined where it is not kept.
  at(number: number): LogRecord | undefined {
    const i = number - this.dropped;
    return i < 0 ? undefined : this.rows[this.start + i];
  }

  // Returns whether more would be kept.
  add(batch: LogRecord[]): boolean {
    for (const r of batch) {
      if (this.keep === "head" && this.full()) {
        this.uncounted++;
        continue;
      }
      this.rows.push(r);
      this.chars += r.line.length;
      while (this.keep === "tail" && this.over() && this.length > 1) this.dropOldest();
    }
    return this.keep === "tail" || !this.full();
  }

  count(n: number): void {
    this.uncounted += n;
  }

  private full(): boolean {
    return this.length >= this.limits.rows || this.chars >= this.limits.chars;
  }
  private over(): boolean {
    return this.length > this.limits.rows || this.chars > this.limits.chars;
  }

  private dropOldest(): void {
    this.chars -= this.rows[this.start]!.line.length;
    this.rows[this.start] = undefined;
    this.start++;
    this.dropped++;
    if (this.start > 1024 && this.start * 2 > this.rows.length) {
      this.rows = this.rows.slice(this.start);
      this.start = 0;
    }
  }
}
