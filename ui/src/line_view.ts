// A piece of a line as DOM nodes: inert text, matches marked, hidden characters named.

import { pieces } from "./visible.ts";

// text[from, to) with the ranges (of the whole text) marked.
export function renderLine(
  text: string,
  from: number,
  to: number,
  ranges: readonly number[],
): Node[] {
  const out: Node[] = [];
  let at = from;
  for (let i = 0; i < ranges.length && at < to; i += 2) {
    const start = Math.max(ranges[i]!, at);
    const end = Math.min(ranges[i + 1]!, to);
    if (end <= start) continue;
    append(out, text.slice(at, start));
    const mark = document.createElement("mark");
    const inside: Node[] = [];
    append(inside, text.slice(start, end));
    mark.append(...inside);
    out.push(mark);
    at = end;
  }
  append(out, text.slice(at, to));
  return out;
}

function append(out: Node[], text: string): void {
  for (const piece of pieces(text)) {
    if (!piece.named) {
      out.push(document.createTextNode(piece.text));
      continue;
    }
    const span = document.createElement("span");
    span.className = "named";
    span.textContent = piece.text;
    out.push(span);
  }
}

// Never between the two halves of a character.
export function cut(text: string, at: number): number {
  const c = text.charCodeAt(at);
  const before = text.charCodeAt(at - 1);
  return c >= 0xdc00 && c <= 0xdfff && before >= 0xd800 && before <= 0xdbff ? at - 1 : at;
}
