// What of a line must not act: control characters, characters that turn the direction of text or
// that nobody can see, and bytes that are not UTF-8. They are shown by name. TAB stays.

const hostileRanges = [
  String.raw`\u0000-\u0008\u000a-\u001f\u007f-\u009f`, // C0 without TAB, DEL, C1
  String.raw`\u00ad\u061c\u180e`, // soft hyphen, Arabic letter mark, Mongolian vowel separator
  String.raw`\u200b\u200e\u200f`, // zero width space, LRM, RLM
  String.raw`\u2028-\u202e`, // line and paragraph separators, embeddings and overrides
  String.raw`\u2060-\u206f\ufeff`, // word joiner to isolates and deprecated formats, BOM
  String.raw`\ufff9-\ufffb\u{e0000}-\u{e007f}`, // interlinear marks, tag characters
  String.raw`\ud800-\udfff`, // surrogates without a partner: bytes that are not UTF-8 among them
];
const hostile = new RegExp(`[${hostileRanges.join("")}]`, "gu");

export interface Piece {
  text: string;
  named: boolean; // text is the name of what stood there
}

export function pieces(text: string): Piece[] {
  const out: Piece[] = [];
  let plain = 0;
  hostile.lastIndex = 0;
  for (let m = hostile.exec(text); m; m = hostile.exec(text)) {
    if (m.index > plain) out.push({ text: text.slice(plain, m.index), named: false });
    const last = out[out.length - 1];
    const name = nameOf(m[0].codePointAt(0)!);
    if (last?.named) last.text += name;
    else out.push({ text: name, named: true });
    plain = m.index + m[0].length;
  }
  if (plain < text.length) out.push({ text: text.slice(plain), named: false });
  return out;
}

const c0: Record<number, string> = {
  0: "\\0",
  8: "\\b",
  10: "\\n",
  11: "\\v",
  12: "\\f",
  13: "\\r",
  27: "\\e",
};

function nameOf(point: number): string {
  if (point < 0x80) return c0[point] ?? "\\x" + hex(point, 2);
  // See LogRecord.line.
  if (point >= 0xdc80 && point <= 0xdcff) return "\\x" + hex(point - 0xdc00, 2);
  return "<U+" + hex(point, 4).toUpperCase() + ">";
}

function hex(n: number, digits: number): string {
  return n.toString(16).padStart(digits, "0");
}
