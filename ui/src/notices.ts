// What must be said plainly: an answer that is not complete, a refusal, a broken connection.

import { localTime } from "./clock.ts";
import type { Coverage } from "./record.ts";
import type { Outcome } from "./answer.ts";

export type Level = "error" | "warning" | "note";

export class Notices {
  private readonly shown = new Map<string, HTMLElement>();
  constructor(private readonly box: HTMLElement) {}

  clear(): void {
    this.shown.clear();
    this.box.replaceChildren();
  }

  // One notice a topic: a later one replaces it.
  say(about: string, level: Level, text: string, details: string[] = []): void {
    const e = document.createElement("div");
    e.className = `notice ${level}`;
    e.dataset.about = about;
    const p = document.createElement("p");
    p.textContent = text;
    e.append(p);
    if (details.length > 0) {
      const list = document.createElement("ul");
      for (const d of details.slice(0, 20)) {
        const item = document.createElement("li");
        item.textContent = d;
        list.append(item);
      }
      if (details.length > 20) list.append(`and ${details.length - 20} more`);
      e.append(list);
    }
    const old = this.shown.get(about);
    if (old) old.replaceWith(e);
    else this.box.append(e);
    this.shown.set(about, e);
  }

  private givenUp(sentences: string[]): void {
    if (sentences.length === 0) {
      this.shown.get("given-up")?.remove();
      this.shown.delete("given-up");
    } else {
      this.say("given-up", "warning", "Members were given up by hand.", sentences);
    }
  }

  // `asked` is the beginning of the time that was asked for (ms).
  coverage(c: Coverage, asked: number): void {
    if (c.since !== undefined && asked < c.since) {
      const { date, time } = localTime(c.since);
      this.say("since", "warning", `Records from before ${date} ${time} are past their retention.`);
    }
    this.givenUp(c.givenUp ?? []);
    if (c.state === "partial") {
      this.say(
        "coverage",
        "error",
        "Partial answer: some data could not be read. Records may be missing.",
        c.missing,
      );
    } else if (c.state === "degraded") {
      this.say(
        "coverage",
        "warning",
        "Degraded: a part of the cluster did not answer; " +
          "the others hold its data, so the answer is complete.",
        c.missing,
      );
    } else if (c.state !== "full") {
      this.say(
        "coverage",
        "warning",
        "The node did not say whether this answer is complete.",
        c.missing,
      );
    } else {
      this.shown.get("coverage")?.remove();
      this.shown.delete("coverage");
    }
  }

  outcome(o: Outcome, live: boolean): void {
    if (o.kind === "refused") {
      this.say("outcome", "error", `${o.status}: ${o.reason}`);
    } else if (o.kind === "unreachable") {
      this.say("outcome", "error", "The node does not answer. Is it running?");
    } else if (o.kind === "broken") {
      this.say(
        "outcome",
        "error",
        live
          ? `${o.reason} Records from now on are not shown.`
          : `${o.reason} The answer is not complete.`,
      );
    } else if (o.kind === "done" && live) {
      this.say("outcome", "error", "The node ended the stream. Records from now on are not shown.");
    }
  }
}
