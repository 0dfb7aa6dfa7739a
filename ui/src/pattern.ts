// RE2 to JavaScript, as far as both mean the same. Where they may not, there is no highlight: a
// wrong one would be worse. The node alone decides what matches.

const posix: Record<string, string> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  ascii: "\\x00-\\x7f",
  blank: "\\t ",
  cntrl: "\\x00-\\x1f\\x7f",
  digit: "0-9",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-\\/:-@\\[-`{-~",
  space: "\\t\\n\\v\\f\\r ",
  upper: "A-Z",
  word: "0-9A-Za-z_",
  xdigit: "0-9A-Fa-f",
};

// undefined: cannot be said in JavaScript.
export function fromRe2(pattern: string): RegExp | undefined {
  const flags = /^\(\?([ims]+)\)/.exec(pattern);
  const source = translate(flags ? pattern.slice(flags[0].length) : pattern);
  if (source === undefined) return undefined;
  try {
    return new RegExp(source, "gu" + [...new Set(flags?.[1] ?? "")].join(""));
  } catch {
    return undefined;
  }
}

function translate(p: string): string | undefined {
  let out = "";
  let i = 0;
  while (i < p.length) {
    const c = p[i]!;
    if (c === "\\") {
      const e = escape(p, i, false);
      if (!e) return undefined;
      out += e.out;
      i = e.next;
    } else if (c === "[") {
      const k = klass(p, i);
      if (!k) return undefined;
      out += k.out;
      i = k.next;
    } else if (p.startsWith("(?P<", i)) {
      out += "(?<";
      i += 4;
    } else if (p.startsWith("(?", i)) {
      // (?: and (?<name> are the same; flags inside a pattern and look-around are not.
      if (p[i + 2] !== ":" && !/^\(\?<[A-Za-z_]/.test(p.slice(i, i + 4))) return undefined;
      out += "(?";
      i += 2;
    } else if ((c === "{" && !/^\{\d+(,\d*)?\}/.test(p.slice(i))) || c === "}" || c === "]") {
      const counted = c === "}" && /\{\d+(,\d*)?$/.test(p.slice(0, i));
      out += counted ? c : "\\" + c; // RE2 takes a brace that counts nothing as itself
      i++;
    } else {
      out += c;
      i++;
    }
  }
  return out;
}

type Step = { out: string; next: number };

function escape(p: string, i: number, inClass: boolean): Step | undefined {
  const c = p[i + 1];
  if (c === undefined) return undefined;
  const next = i + 2;
  if (c === "Q" && !inClass) {
    const end = p.indexOf("\\E", next);
    const text = p.slice(next, end < 0 ? p.length : end);
    return {
      out: text.replace(/[\\^$.*+?()[\]{}|\/]/g, "\\$&"),
      next: end < 0 ? p.length : end + 2,
    };
  }
  if (c === "A" && !inClass) return { out: "(?<![^])", next };
  if (c === "z" && !inClass) return { out: "(?![^])", next };
  if (c === "a") return { out: "\\x07", next };
  if (c === "s") return { out: inClass ? "\\t\\n\\f\\r " : "[\\t\\n\\f\\r ]", next };
  if (c === "S" && !inClass) return { out: "[^\\t\\n\\f\\r ]", next };
  if (c === "p" || c === "P") return property(p, i);
  if (c === "x" && p[next] === "{") {
    const end = p.indexOf("}", next);
    return end < 0 ? undefined : { out: "\\u" + p.slice(next, end + 1), next: end + 1 };
  }
  if (/[dDwWbBtnrfvx]/.test(c)) return { out: "\\" + c, next };
  // Octal, \C, \S in a class, what JavaScript alone has.
  if (/[0-9A-Za-z]/.test(c)) return undefined;
  if (/[\^$\\.*+?()[\]{}|\/]/.test(c) || (inClass && c === "-")) return { out: "\\" + c, next };
  return { out: c, next }; // other punctuation stands for itself
}

function property(p: string, i: number): Step | undefined {
  const m = /^\\([pP])(?:\{(\^?)(\w+)\}|(\w))/.exec(p.slice(i));
  if (!m) return undefined;
  const name = m[3] ?? m[4]!;
  const negative = (m[1] === "P") !== (m[2] === "^");
  const property = name.length <= 2 ? name : "Script=" + name;
  return { out: `\\${negative ? "P" : "p"}{${property}}`, next: i + m[0].length };
}

function klass(p: string, start: number): Step | undefined {
  let i = start + 1;
  let out = "[";
  if (p[i] === "^") {
    out += "^";
    i++;
  }
  for (let first = true; i < p.length; first = false) {
    const c = p[i]!;
    if (c === "]" && !first) return { out: out + "]", next: i + 1 };
    if (c === "[" && p[i + 1] === ":") {
      const m = /^\[:(\w+):\]/.exec(p.slice(i));
      const set = m && posix[m[1]!];
      if (!m || !set) return undefined; // negated ones too
      out += set;
      i += m[0].length;
    } else if (c === "\\") {
      const e = escape(p, i, true);
      if (!e) return undefined;
      out += e.out;
      i = e.next;
    } else {
      out += c === "[" || c === "]" ? "\\" + c : c;
      i++;
    }
  }
  return undefined;
}
