// The list of records: only the rows in sight exist as elements. Rows have one height; an opened
// row has a panel below it, whose height is measured. Rows are known by their number within the
// answer.

import { RowView } from "./row_view.ts";
import type { LogRecord } from "./record.ts";
import type { Matcher } from "./matcher.ts";

export interface Rows {
  readonly first: number;
  readonly length: number;
  readonly total: number;
  at(number: number): LogRecord | undefined;
}

const nothing: Rows = { first: 0, length: 0, total: 0, at: () => undefined };
const spare = 8; // rows above and below what is in sight

export class List {
  private rows: Rows = nothing;
  private matcher: Matcher | undefined;
  private views = new Map<number, RowView>();
  private opened = new Map<number, number>(); // row number -> height of its panel
  private active = -1;
  private firstSeen = 0; // rows.first when last drawn
  private readonly spacer = document.createElement("div");
  private rowHeight = 22;
  private columns = 100; // of a line that are in sight
  private frame = 0;
  private scrolledTo = 0;

  follow = false; // stay at the end
  onscroll: () => void = () => {};

  constructor(private readonly box: HTMLElement) {
    this.spacer.className = "spacer";
    this.spacer.setAttribute("role", "presentation");
    box.append(this.spacer);
    box.addEventListener("scroll", () => {
      if (box.scrollTop < this.scrolledTo && !this.atEnd()) this.follow = false; // a person went up
      this.scrolledTo = box.scrollTop;
      this.draw();
      this.onscroll();
    });
    box.addEventListener("click", (e) => this.clicked(e));
    box.addEventListener("keydown", (e) => this.keyed(e));
    new ResizeObserver(() => this.resized()).observe(box);
  }

  show(rows: Rows, matcher: Matcher, follow: boolean): void {
    for (const v of this.views.values()) v.element.remove();
    this.views.clear();
    this.opened.clear();
    this.active = -1;
    this.firstSeen = 0;
    this.rows = rows;
    this.matcher = matcher;
    this.follow = follow;
    this.box.scrollTop = 0;
    this.draw();
  }

  // There are more rows, or rows have gone: draw with the next frame.
  changed(): void {
    if (this.frame !== 0) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
      if (this.follow) this.toEnd();
    });
  }

  atEnd(): boolean {
    return this.box.scrollTop + this.box.clientHeight >= this.height() - this.rowHeight;
  }

  toEnd(): void {
    this.box.scrollTop = this.height();
    this.scrolledTo = this.box.scrollTop;
    this.draw();
  }

  // Highlight anew.
  refresh(): void {
    for (const v of this.views.values()) v.element.remove();
    this.views.clear();
    this.draw();
  }

  private height(): number {
    let h = this.rows.length * this.rowHeight;
    for (const panel of this.opened.values()) h += panel;
    return h;
  }

  private top(number: number): number {
    let y = (number - this.rows.first) * this.rowHeight;
    for (const [n, panel] of this.opened) if (n < number) y += panel;
    return y;
  }

  // The row at a height of the list.
  private rowAt(y: number): number {
    let above = 0; // panels that end above y
    for (const [n, panel] of [...this.opened].sort((a, b) => a[0] - b[0])) {
      const top = (n - this.rows.first) * this.rowHeight + above;
      if (y < top + this.rowHeight) break;
      if (y < top + this.rowHeight + panel) return n;
      above += panel;
    }
    return this.rows.first + Math.max(0, Math.floor((y - above) / this.rowHeight));
  }

  private forgetDropped(): void {
    const gone = this.rows.first - this.firstSeen;
    if (gone <= 0) return;
    let height = gone * this.rowHeight;
    for (const [n, panel] of this.opened) {
      if (n >= this.rows.first) continue;
      height += panel;
      this.opened.delete(n);
    }
    this.firstSeen = this.rows.first;
    // What a person looks at stays where it is.
    if (!this.follow) this.box.scrollTop = Math.max(0, this.box.scrollTop - height);
    this.scrolledTo = this.box.scrollTop;
  }

  private draw(): void {
    this.forgetDropped();
    this.spacer.style.height = `${this.height()}px`;
    this.box.setAttribute("aria-rowcount", String(this.rows.length));
    const end = this.rows.first + this.rows.length;
    const y = this.box.scrollTop;
    const from = Math.max(this.rows.first, this.rowAt(y) - spare);
    const to = Math.min(end, this.rowAt(y + this.box.clientHeight) + spare + 1);
    for (const [n, v] of this.views) {
      if (n >= from && n < to) continue;
      v.element.remove();
      this.views.delete(n);
    }
    for (let n = from; n < to; n++) this.drawRow(n);
    this.place();
    this.markActive();
  }

  private drawRow(n: number): void {
    if (this.views.has(n)) return;
    const record = this.rows.at(n);
    if (!record) return;
    const view = new RowView(n, record, this.matcher!, this.columns);
    view.onheight = () => this.place();
    this.views.set(n, view);
    const next = [...this.views.keys()].filter((k) => k > n).sort((a, b) => a - b)[0];
    this.box.insertBefore(view.element, next === undefined ? null : this.views.get(next)!.element);
    if (this.opened.has(n)) view.open();
  }

  // Panels measured, then every row at its height.
  private place(): void {
    for (const [n, v] of this.views) if (this.opened.has(n)) this.opened.set(n, v.panelHeight());
    for (const [n, v] of this.views) {
      v.element.style.top = `${this.top(n)}px`;
      v.element.setAttribute("aria-rowindex", String(n - this.rows.first + 1));
    }
    this.spacer.style.height = `${this.height()}px`;
  }

  private toggle(n: number): void {
    const view = this.views.get(n);
    if (!view) return;
    if (this.opened.delete(n)) {
      view.close();
    } else {
      this.opened.set(n, 0);
      this.follow = false; // a person reads: hold still
      view.open();
    }
    this.draw();
  }

  private clicked(e: MouseEvent): void {
    const row = (e.target as Element).closest(".row");
    if (!row || (e.target as Element).closest(".panel")) return;
    if (getSelection()?.isCollapsed === false) return; // text was being selected
    this.active = Number((row as HTMLElement).dataset.n);
    this.toggle(this.active);
  }

  private keyed(e: KeyboardEvent): void {
    if (e.target !== this.box || e.ctrlKey || e.altKey || e.metaKey) return;
    const page = Math.max(1, Math.floor(this.box.clientHeight / this.rowHeight) - 1);
    const last = this.rows.first + this.rows.length - 1;
    const here = this.active < this.rows.first ? this.rowAt(this.box.scrollTop) - 1 : this.active;
    const to: Record<string, number> = {
      ArrowDown: here + 1,
      j: here + 1,
      ArrowUp: here - 1,
      k: here - 1,
      PageDown: here + page,
      PageUp: here - page,
      Home: this.rows.first,
      End: last,
    };
    if (e.key === "Enter" || e.key === " ") this.toggle(this.active);
    else if (to[e.key] !== undefined)
      this.goTo(Math.min(last, Math.max(this.rows.first, to[e.key]!)));
    else return;
    e.preventDefault();
  }

  private goTo(n: number): void {
    if (this.rows.length === 0) return;
    this.active = n;
    this.follow = false;
    const top = this.top(n);
    const bottom = top + this.rowHeight;
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    else if (bottom > this.box.scrollTop + this.box.clientHeight) {
      this.box.scrollTop = bottom - this.box.clientHeight;
    }
    this.draw();
  }

  private markActive(): void {
    for (const [n, v] of this.views)
      v.element.setAttribute("aria-selected", String(n === this.active));
    const view = this.views.get(this.active);
    if (view) this.box.setAttribute("aria-activedescendant", view.element.id);
    else this.box.removeAttribute("aria-activedescendant");
  }

  private resized(): void {
    const probe = document.createElement("div");
    probe.className = "row probe";
    probe.textContent = "0".repeat(100);
    this.box.append(probe);
    const inner = document.createRange();
    inner.selectNodeContents(probe);
    const char = inner.getBoundingClientRect().width / 100;
    this.rowHeight = probe.offsetHeight || this.rowHeight;
    probe.remove();
    // Beside a line stand its time and topic; in a narrow window they stand above it.
    const beside = matchMedia("(max-width: 720px)").matches ? 4 : 45;
    this.columns = char > 0 ? Math.max(20, Math.floor(this.box.clientWidth / char) - beside) : 100;
    const end = this.follow;
    this.refresh();
    if (end) this.toEnd();
  }
}
