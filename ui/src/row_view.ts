// One row of the list, and the panel below it that shows the whole line.

import { localTime } from "./clock.ts";
import { cut, renderLine } from "./line_view.ts";
import type { Matcher } from "./matcher.ts";
import type { LogRecord } from "./record.ts";

const rowChars = 1000; // of a line in its row; what is in sight is less
const panelChars = 32 * 1024; // of a line in its panel, and each time a person asks for more

export class RowView {
  readonly element = document.createElement("div");
  onheight: () => void = () => {};
  private readonly text = cell("line");
  private panel: HTMLElement | undefined;
  private ranges: readonly number[] = [];
  private shown = 0; // characters of the line in the panel

  constructor(
    number: number,
    private readonly record: LogRecord,
    matcher: Matcher,
    private readonly columns: number,
  ) {
    this.element.className = "row";
    this.element.id = `r${number}`;
    this.element.dataset.n = String(number);
    this.element.setAttribute("role", "row");
    this.element.setAttribute("aria-expanded", "false");
    const when = cell("time");
    const { date, time } = localTime(record.time);
    const day = document.createElement("span");
    day.className = "date";
    day.textContent = date + " ";
    when.append(day, time);
    const topic = cell("topic");
    topic.append(...renderLine(record.topic, 0, record.topic.length, []));
    topic.title = record.topic;
    this.element.append(when, topic, this.text);
    this.drawText();
    matcher.find(record.line, (ranges) => {
      this.ranges = ranges;
      this.drawText();
      if (this.panel) this.drawPanel();
    });
  }

  open(): void {
    this.element.setAttribute("aria-expanded", "true");
    this.panel = document.createElement("div");
    this.panel.className = "panel";
    this.panel.setAttribute("role", "gridcell");
    this.shown = Math.min(this.record.line.length, panelChars);
    this.element.append(this.panel);
    this.drawPanel();
  }

  close(): void {
    this.element.setAttribute("aria-expanded", "false");
    this.panel?.remove();
    this.panel = undefined;
  }

  panelHeight(): number {
    return this.panel?.offsetHeight ?? 0;
  }

  // A row begins where its line begins, or, where its first match would be out of sight, before
  // that.
  private drawText(): void {
    const { line, continuation } = this.record;
    const first = this.ranges[0] ?? 0;
    const from = first > Math.max(20, this.columns - 10) ? cut(line, first - 20) : 0;
    const to = cut(line, Math.min(line.length, from + rowChars));
    const nodes: Node[] = renderLine(line, from, to, this.ranges);
    if (from > 0) nodes.unshift(sign("…", `${from.toLocaleString("en")} characters before`));
    if (continuation) nodes.unshift(sign("↳", "goes on with the line of the record before"));
    this.text.replaceChildren(...nodes);
  }

  private drawPanel(): void {
    const { line } = this.record;
    const whole = document.createElement("div");
    whole.className = "whole";
    const end = cut(line, this.shown);
    whole.append(...renderLine(line, 0, end, this.ranges));
    const facts = document.createElement("div");
    facts.className = "facts";
    const size =
      line.length === 1 ? "1 character" : `${line.length.toLocaleString("en")} characters`;
    facts.append(fact(this.record.ulid), fact(size));
    if (this.record.continuation) facts.append(fact("goes on with the line of the record before"));
    facts.append(button("Copy line", (b) => void copy(line, b)));
    if (end < line.length) {
      facts.append(
        fact(`shown: the first ${end.toLocaleString("en")}`),
        button("Show more", () => {
          this.shown = Math.min(line.length, this.shown + panelChars);
          this.drawPanel();
          this.onheight();
        }),
      );
    }
    this.panel!.replaceChildren(whole, facts);
  }
}

function cell(name: string): HTMLElement {
  const e = document.createElement("div");
  e.className = name;
  e.setAttribute("role", "gridcell");
  return e;
}

function sign(text: string, title: string): HTMLElement {
  const e = document.createElement("span");
  e.className = "sign";
  e.textContent = text;
  e.title = title;
  return e;
}

function fact(text: string): HTMLElement {
  const e = document.createElement("span");
  e.textContent = text;
  return e;
}

function button(text: string, act: (self: HTMLButtonElement) => void): HTMLButtonElement {
  const e = document.createElement("button");
  e.type = "button";
  e.textContent = text;
  e.addEventListener("click", () => act(e));
  return e;
}

// Pages that do not come over TLS have no clipboard of their own, but may copy what is selected.
async function copy(text: string, from: HTMLButtonElement): Promise<void> {
  let done = false;
  try {
    await navigator.clipboard.writeText(text);
    done = true;
  } catch {
    const area = document.createElement("textarea");
    area.className = "offscreen";
    area.value = text;
    document.body.append(area);
    area.select();
    done = document.execCommand("copy");
    area.remove();
    from.focus();
  }
  from.textContent = done ? "Copied" : "Could not copy";
}
