// The form: what is in its fields is a Search, and back.

import { localToUtc, utcToLocal, type Search, type Window } from "./search.ts";

export class Form {
  readonly q = input("q");
  private readonly regex = input("regex");
  private readonly topic = input("topic");
  private readonly range = byId<HTMLSelectElement>("range");
  private readonly from = input("from");
  private readonly to = input("to");

  constructor() {
    this.range.addEventListener("change", () => this.rangeChanged());
  }

  read(live: boolean): Search {
    const absolute = this.range.value === "absolute";
    return {
      q: this.q.value,
      regex: this.regex.checked,
      topic: this.topic.value.trim(),
      window: this.range.value as Window | "absolute",
      from: absolute ? localToUtc(this.from.value) : "",
      to: absolute ? localToUtc(this.to.value) : "",
      live,
    };
  }

  write(s: Search): void {
    this.q.value = s.q;
    this.regex.checked = s.regex;
    this.topic.value = s.topic;
    this.range.value = s.window;
    this.from.value = utcToLocal(s.from);
    this.to.value = utcToLocal(s.to);
    this.showAbsolute();
  }

  // Why what is in the form cannot be asked; empty where it can.
  problem(live: boolean): string {
    if (live || this.range.value !== "absolute") return "";
    if (this.from.validity.badInput || this.to.validity.badInput)
      return "The time is not complete.";
    return this.from.value === "" ? "Say from when on: the field “From” is empty." : "";
  }

  private rangeChanged(): void {
    this.showAbsolute();
    if (this.range.value !== "absolute") return;
    if (this.from.value === "") {
      const hourAgo = new Date(Date.now() - 3_600_000);
      hourAgo.setMilliseconds(0);
      this.from.value = utcToLocal(hourAgo.toISOString());
    }
    this.from.focus();
  }

  private showAbsolute(): void {
    for (const e of document.querySelectorAll<HTMLElement>(".absolute")) {
      e.hidden = this.range.value !== "absolute";
    }
  }
}

export function byId<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

function input(id: string): HTMLInputElement {
  return byId<HTMLInputElement>(id);
}
