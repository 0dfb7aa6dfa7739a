import assert from "node:assert/strict";
import { test } from "node:test";
import { fromRe2 } from "../../src/pattern.ts";
import { rangesMax, rangesOf } from "../../src/ranges.ts";
import { pieces } from "../../src/visible.ts";

const found = (pattern: string, text: string) => {
  const re = fromRe2(pattern);
  assert.ok(re, `${pattern} should be highlighted`);
  const r = rangesOf(re, text);
  return Array.from({ length: r.length / 2 }, (_, i) => text.slice(r[2 * i], r[2 * i + 1]));
};

test("highlight: a literal is found everywhere, without overlap", () => {
  assert.deepEqual(rangesOf("aa", "aaaaa"), [0, 2, 2, 4]);
  assert.deepEqual(rangesOf("a.c", "abc a.c"), [4, 7]);
  assert.deepEqual(rangesOf("", "abc"), []);
  assert.equal(rangesOf("x", "x".repeat(5000)).length, 2 * rangesMax);
});

test("highlight: expressions that RE2 and JavaScript share", () => {
  assert.deepEqual(found("blk_-?[0-9]+", "a blk_-12 blk_3"), ["blk_-12", "blk_3"]);
  assert.deepEqual(found("x*", "axxb"), ["xx"]);
  assert.deepEqual(found("(?:a|b){2,3}", "abab"), ["aba"]);
  assert.deepEqual(found("😀+", "x😀😀"), ["😀😀"]);
});

test("highlight: what RE2 writes in its own way", () => {
  assert.deepEqual(found("(?i)error", "Error ERROR"), ["Error", "ERROR"]);
  assert.deepEqual(found("(?P<code>5\\d\\d)", "HTTP 503"), ["503"]);
  assert.deepEqual(found("\\Aab\\z", "ab"), ["ab"]);
  assert.deepEqual(found("\\Qa.b(\\E+", "a.b(("), ["a.b(("]);
  assert.deepEqual(found("[[:alpha:]_]+", "12ab_3"), ["ab_"]);
  assert.deepEqual(found("\\pL+", "1äb2"), ["äb"]);
  assert.deepEqual(found("\\p{Greek}", "aβ"), ["β"]);
  assert.deepEqual(found("\\x{1F600}", "x😀"), ["😀"]);
  assert.deepEqual(found("a\\s", "a\u00a0 a "), ["a "]);
  assert.deepEqual(found("{x}", "{x}"), ["{x}"]);
  assert.deepEqual(found("[]a]+", "b]a"), ["]a"]);
  assert.deepEqual(found("a\\-b\\@", "a-b@"), ["a-b@"]);
});

test("highlight: what JavaScript cannot say, or means another thing there, is left alone", () => {
  for (const p of [
    "(?U)a+",
    "a(?i)b",
    "(?i:a)",
    "\\C",
    "[[:^alpha:]]",
    "\\1",
    "(?=a)",
    "(?<!a)b",
    "(",
    "[a",
    "a**",
  ]) {
    assert.equal(fromRe2(p), undefined, p);
  }
});

test("visible: what turns or hides text is named, the rest stays", () => {
  const shown = (t: string) =>
    pieces(t)
      .map((p) => (p.named ? `[${p.text}]` : p.text))
      .join("");
  assert.equal(shown("a\tb"), "a\tb");
  assert.equal(shown("a\u001b[31m\u0000\r"), "a[\\e][31m[\\0\\r]");
  assert.equal(shown("abc\u202etxt.exe"), "abc[<U+202E>]txt.exe");
  assert.equal(
    shown("\u2066x\u2069\u200b\u200f\u061c"),
    "[<U+2066>]x[<U+2069><U+200B><U+200F><U+061C>]",
  );
  assert.equal(shown("\u009b2J\u007f"), "[<U+009B>]2J[\\x7f]");
  assert.equal(shown("\udcff"), "[\\xff]");
  assert.equal(shown("👩‍👧 漢字 שלום ä"), "👩‍👧 漢字 שלום ä");
});
