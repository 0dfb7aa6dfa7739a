// Where a line matches: start and end (exclusive) of each match, in pairs, ascending.

export const rangesMax = 1000; // pairs a line; more help nobody and cost a node each

export function rangesOf(what: string | RegExp, text: string): number[] {
  const out: number[] = [];
  if (typeof what === "string") {
    if (what === "") return out;
    for (let i = text.indexOf(what); i >= 0 && out.length < 2 * rangesMax; ) {
      out.push(i, i + what.length);
      i = text.indexOf(what, i + what.length);
    }
    return out;
  }
  what.lastIndex = 0;
  for (let m = what.exec(text); m && out.length < 2 * rangesMax; m = what.exec(text)) {
    if (m[0] === "") what.lastIndex++;
    else out.push(m.index, m.index + m[0].length);
  }
  return out;
}
