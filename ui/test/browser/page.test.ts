// The page against a node that answers as the test tells it to.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import type { ServerResponse } from "node:http";
import type { Browser } from "playwright-core";
import { Mock, ndjson, ok, write } from "../mock.ts";
import { launch, Watched } from "./chromium.ts";

let browser: Browser;
let mock: Mock;
let home: string;

before(async () => {
  browser = await launch();
});
after(() => browser.close());
beforeEach(async () => {
  mock = new Mock();
  home = await mock.start();
});
afterEach(() => mock.stop());

const answer =
  (...lines: string[]) =>
  (_p: URLSearchParams, res: ServerResponse) =>
    void ok(res).end(lines.join(""));
const sample = [
  { line: '10.0.0.7 - - "GET /index.html HTTP/1.1" 200 5316 0.004', topic: "web" },
  {
    line: 'level=error component=pay msg="card declined" order=81723 attempt=2',
    topic: "payments",
  },
  { line: "kernel: [81273.123] eth0: link is up, 1000 Mbps, full duplex", topic: "kernel" },
];

test("page: an empty query is everything, with local time, topic and line", async () => {
  mock.query = answer(
    ...sample.map((r, i) => ndjson({ ...r, time: `2026-07-21T22:04:05.00${i}Z` })),
  );
  const w = await Watched.open(browser, home);
  await w.ask("");
  await w.text("#count", /^3 records$/);
  const first = w.page.locator(".row").first();
  // Berlin in July.
  assert.equal(await first.locator(".time").textContent(), "2026-07-22 00:04:05.000");
  assert.equal(await first.locator(".topic").textContent(), "web");
  assert.deepEqual(
    await w.lines(),
    sample.map((r) => r.line),
  );
  assert.equal(mock.asked[0]!.params.get("q"), "");
  assert.equal(await w.page.locator("#notices .notice").count(), 0);
  await w.close();
});

test("page: a literal is highlighted as itself, wherever it stands", async () => {
  mock.query = answer(ndjson({ line: "a.c abc a.c" }), ndjson({ line: "x".repeat(800) + "a.c" }));
  const w = await Watched.open(browser, home);
  await w.ask("a.c");
  await w.text("#count", /^2 records$/);
  assert.deepEqual(await w.marks(), ["a.c", "a.c", "a.c"]);
  assert.ok(await w.page.locator("mark").last().isVisible());
  const box = (await w.page.locator("mark").last().boundingBox())!;
  assert.ok(box.x + box.width < 1280, "a match far to the right is in sight");
  await w.close();
});

test("page: a regular expression is asked as one and highlighted", async () => {
  mock.query = answer(ndjson({ line: "status=503 status=200 STATUS=404" }));
  const w = await Watched.open(browser, home);
  await w.page.locator("#regex").check();
  await w.ask("(?i)status=(?P<code>[45]\\d\\d)");
  await w.text(".row mark", /./);
  assert.deepEqual(await w.marks(), ["status=503", "STATUS=404"]);
  assert.equal(mock.asked[0]!.params.get("regex"), "true");
  await w.close();
});

test("page: an expression that only RE2 knows is answered, and lights nothing up", async () => {
  mock.query = answer(ndjson({ line: "aaa" }));
  const w = await Watched.open(browser, home);
  await w.page.locator("#regex").check();
  await w.ask("(?U)a+");
  await w.text("#notices", /cannot be highlighted/);
  assert.deepEqual(await w.lines(), ["aaa"]);
  assert.deepEqual(await w.marks(), []);
  await w.close();
});

test("page: an expression that takes JavaScript for ever does not hang the page", async () => {
  mock.query = answer(ndjson({ line: "a".repeat(60) + "b" }));
  const w = await Watched.open(browser, home);
  await w.page.locator("#regex").check();
  await w.ask("^(a+)+$");
  await w.text("#notices", /too long/);
  assert.equal((await w.lines()).length, 1);
  await w.close();
});

test("page: lines are text, whatever they hold", async () => {
  const lines = [
    '<img src=x onerror="window.hit=1">',
    "<script>window.hit=1</script>",
    "javascript:window.hit=1",
    '<a href="javascript:window.hit=1">click</a>',
    "&lt;b&gt;",
    "</div></main>",
  ];
  mock.query = answer(...lines.map((line) => ndjson({ line, topic: line })));
  const w = await Watched.open(browser, home);
  await w.ask('<img src=x onerror="window.hit=1">');
  await w.text("#count", /^6 records$/);
  assert.deepEqual(await w.lines(), lines);
  for (const row of await w.page.locator(".row .line").all()) await row.click();
  assert.equal(await w.page.locator("#list :is(img, script, a)").count(), 0);
  assert.equal(await w.page.evaluate("window.hit"), undefined);
  assert.deepEqual(await w.marks(), [lines[0]]);
  await w.close();
});

test("page: what turns, hides or is no text is named", async () => {
  mock.query = answer(
    ndjson({ line: "invoice\u202efdp.exe" }),
    ndjson({ line: "\u001b[31mred\u001b[0m\u0000" }),
    ndjson({ line_base64: Buffer.from([0x61, 0xff, 0x62]).toString("base64") }),
  );
  const w = await Watched.open(browser, home);
  await w.ask("");
  await w.text("#count", /^3 records$/);
  assert.deepEqual(await w.lines(), ["invoice<U+202E>fdp.exe", "\\e[31mred\\e[0m\\0", "a\\xffb"]);
  assert.deepEqual(await w.page.locator(".line .named").allTextContents(), [
    "<U+202E>",
    "\\e",
    "\\e",
    "\\0",
    "\\xff",
  ]);
  await w.close();
});

test("page: a line of 1 MiB is clipped, and opens piece by piece", async () => {
  mock.query = answer(ndjson({ line: "x".repeat(1 << 20) }), ndjson({ line: "after" }));
  const w = await Watched.open(browser, home);
  await w.ask("");
  await w.text("#count", /^2 records$/);
  assert.ok((await w.lines())[0]!.length <= 1000);
  await w.page.locator(".row .line").first().click();
  await w.text(".panel .facts", /1,048,576 characters.*the first 32,768/);
  assert.equal((await w.page.locator(".whole").textContent())!.length, 32768);
  await w.page.getByRole("button", { name: "Show more" }).click();
  assert.equal((await w.page.locator(".whole").textContent())!.length, 65536);
  const panel = (await w.page.locator(".panel").boundingBox())!;
  const next = (await w.page.locator(".row").nth(1).boundingBox())!;
  assert.ok(next.y >= panel.y + panel.height - 1, "the next row is below the panel");
  await w.close();
});

test("page: a refusal is shown with the node's reason", async () => {
  mock.query = (_p, res) =>
    void res
      .writeHead(400, { "Content-Type": "text/plain" })
      .end("compiling regex: error parsing regexp: missing closing ): `(`\n");
  const w = await Watched.open(browser, home);
  await w.page.locator("#regex").check();
  await w.ask("(");
  assert.equal(
    await w.text(".notice.error", /400/),
    "400: compiling regex: error parsing regexp: missing closing ): `(`",
  );
  await w.text("#state", /failed/);
  await w.screenshot("refused");
  await w.close(/status of 400/);
});

test("page: what is wrong with the cluster is said before anything is asked, as text", async () => {
  const well = mock.status;
  const lines = ["nothing is consumed: 1 store is alive, 2 are wanted", "<img src=x>"];
  mock.status = { members: { alive: 2 }, store: { consuming: false }, attention: lines };
  const w = await Watched.open(browser, home);
  await w.text("#cluster", /nothing is consumed/);
  await w.text("#members", /^2 nodes$/);
  assert.deepEqual(await w.page.locator("#cluster p").allTextContents(), lines);
  assert.equal(await w.page.locator("#cluster").getAttribute("class"), "notice error");
  await w.close();
  mock.status = well;
  const calm = await Watched.open(browser, home);
  await calm.text("#members", /^1 node$/);
  assert.equal(await calm.page.locator("#cluster").isVisible(), false);
  await calm.close();
});

test("page: a partial answer is called partial, with what is missing", async () => {
  mock.query = (_p, res) =>
    void ok(res, "partial").end(
      ndjson({ line: "one" }) +
        '{"coverage":"partial","missing":["segment 01J: its checksum is wrong"]}\n',
    );
  const w = await Watched.open(browser, home);
  await w.ask("");
  await w.text(
    ".notice.error",
    /Partial answer.*may be missing.*segment 01J: its checksum is wrong/,
  );
  await w.text("#count", /^1 record$/);
  await w.screenshot("partial");
  await w.close();
});

test("page: degraded, unknown coverage and retention are said, full says nothing", async () => {
  const w = await Watched.open(browser, home);
  for (const [state, said] of [
    ["degraded", /Degraded/],
    ["", /did not say/],
  ] as const) {
    mock.query = (_p, res) => void ok(res, state).end(ndjson({ line: "one" }));
    await w.ask(state);
    await w.text(".notice.warning", said);
  }
  mock.query = (_p, res) =>
    void ok(res).end('{"coverage":"full","missing":[],"since":"2999-01-01T00:00:00Z"}\n');
  await w.ask("retention");
  await w.text(".notice.warning", /before 2999-01-01 .* past their retention/);
  await w.text("#count", /no record matches/);
  await w.close();
});

test("page: an answer whose connection breaks is never called complete", async () => {
  mock.query = async (_p, res) => {
    await write(ok(res), ndjson({ line: "one" }));
    await new Promise((done) => setImmediate(done));
    res.destroy();
  };
  const w = await Watched.open(browser, home);
  await w.ask("");
  await w.text(".notice.error", /connection broke.*not complete/);
  await w.text("#count", /until then$/);
  await w.text("#state", /failed/);
  await w.close(/ERR_/);
});

test("page: a node that does not answer is said to be silent", async () => {
  const w = await Watched.open(browser, home);
  await mock.stop();
  await w.ask("");
  await w.text(".notice.error", /node does not answer/);
  await w.close(/ERR_/);
});

test("page: records are shown while the answer still comes, and Stop stops it", async () => {
  let closed = false;
  mock.query = async (_p, res) => {
    res.on("close", () => (closed = true));
    await write(ok(res), ndjson({ line: "early" }));
  };
  const w = await Watched.open(browser, home);
  await w.ask("");
  await w.text(".row .line", /early/);
  await w.text("#state", /searching/);
  await w.page.getByRole("button", { name: "Stop" }).click();
  await w.text("#state", /stopped/);
  await w.text("#count", /^1 record until then$/);
  assert.ok(await w.page.locator("#stop").isDisabled());
  await w.page.locator("#q").focus();
  while (!closed) await new Promise((done) => setImmediate(done));
  await w.close();
});

test("page: live shows records as they come and stays at the end", async () => {
  let out: ServerResponse | undefined;
  mock.stream = (_p, res) => {
    (out = ok(res)).flushHeaders();
  };
  const w = await Watched.open(browser, home);
  await w.page.locator("#topic").fill("web");
  await w.page.getByRole("button", { name: "Live" }).click();
  await w.text("#state", /live/);
  for (let i = 0; i < 200; i++) await write(out!, ndjson({ line: `line ${i}` }));
  await w.text("#count", /^200 records$/);
  await w.text(".row:last-of-type .line", /^line 199$/);
  assert.ok(await w.page.getByText("line 199", { exact: true }).isVisible());
  assert.equal(mock.asked[0]!.path, "/store/stream");
  assert.equal(mock.asked[0]!.params.get("topic"), "web");
  // Who scrolls up is left alone, and told of what is new.
  await w.page.locator("#list").hover();
  await w.page.mouse.wheel(0, -1500);
  await w.page.getByText("line 120", { exact: true }).waitFor();
  await write(out!, ndjson({ line: "line 200" }));
  await w.text("#newest", /^1 new/);
  await w.screenshot("live-scrolled");
  await w.page.locator("#newest").click();
  await w.page.getByText("line 200", { exact: true }).waitFor();
  await w.page.keyboard.press("Escape");
  await w.text("#state", /stopped/);
  await w.close();
});

test("page: a live stream keeps the newest records and says so", async () => {
  mock.stream = async (_p, res) => {
    ok(res);
    for (let i = 0; i < 60; i++) {
      await write(
        res,
        Array.from({ length: 1000 }, (_, k) => ndjson({ line: `n ${i * 1000 + k}` })).join(""),
      );
    }
  };
  const w = await Watched.open(browser, home);
  await w.page.getByRole("button", { name: "Live" }).click();
  await w.text("#count", /^60,000 records; the newest 20,000 are kept$/);
  await w.page.getByText("n 59999", { exact: true }).waitFor();
  await w.close();
});

test("page: a live stream that the node ends is an error", async () => {
  mock.stream = (_p, res) => void ok(res).end(ndjson({ line: "last words" }));
  const w = await Watched.open(browser, home);
  await w.page.getByRole("button", { name: "Live" }).click();
  await w.text(".notice.error", /ended the stream/);
  await w.close();
});

test("page: a million records: the first ones shown, all counted, the page quick", async () => {
  mock.query = async (_p, res) => {
    ok(res);
    for (let i = 0; i < 1000 && !res.destroyed; i++) {
      await write(
        res,
        Array.from({ length: 1000 }, (_, k) =>
          ndjson({ line: `record ${i * 1000 + k} with some text` }),
        ).join(""),
      );
    }
    res.end();
  };
  const w = await Watched.open(browser, home);
  await w.page.evaluate(() => {
    const frames = { worst: 0, last: performance.now() };
    (window as unknown as { frames: typeof frames }).frames = frames;
    const tick = () => {
      const now = performance.now();
      frames.worst = Math.max(frames.worst, now - frames.last);
      frames.last = now;
      requestAnimationFrame(tick);
    };
    tick();
  });
  w.page.setDefaultTimeout(90_000);
  await w.ask("");
  await w.text("#count", /^1,000,000 records; the first 250,000 are shown$/);
  await w.page.locator("#list").focus();
  await w.page.keyboard.press("End");
  await w.page.getByText("record 249999 with some text", { exact: true }).waitFor();
  assert.ok((await w.page.locator(".row").count()) < 120, "only rows in sight are elements");
  const worst = (await w.page.evaluate("window.frames.worst")) as number;
  assert.ok(worst < 1000, `the page stood still for ${worst} ms`);
  await w.close();
});

test("page: the address holds the search, exactly, and is enough to repeat it", async () => {
  const q = "a&b=c#d+e%f g?ü";
  mock.query = answer(ndjson({ line: q }));
  const w = await Watched.open(browser, home);
  await w.page.locator("#topic").fill("x&y");
  await w.page.locator("#range").selectOption("3d");
  await w.ask(q);
  await w.text("#count", /^1 record$/);
  assert.equal(mock.asked[0]!.params.get("q"), q);
  assert.equal(mock.asked[0]!.params.get("topic"), "x&y");
  assert.equal(mock.asked[0]!.params.get("from"), "72h");
  const again = await Watched.open(browser, w.page.url());
  await again.text("#count", /^1 record$/);
  assert.equal(await again.page.locator("#q").inputValue(), q);
  assert.equal(await again.page.locator("#range").inputValue(), "3d");
  assert.deepEqual(
    Object.fromEntries(mock.asked[1]!.params),
    Object.fromEntries(mock.asked[0]!.params),
  );
  await again.close();
  await w.close();
});

test("page: back and forward repeat searches", async () => {
  mock.query = (p, res) => void ok(res).end(ndjson({ line: `about ${p.get("q")}` }));
  const w = await Watched.open(browser, home);
  await w.ask("one");
  await w.text(".row .line", /^about one$/);
  await w.ask("two");
  await w.text(".row .line", /^about two$/);
  await w.page.goBack();
  await w.text(".row .line", /^about one$/);
  assert.equal(await w.page.locator("#q").inputValue(), "one");
  await w.page.goForward();
  await w.text(".row .line", /^about two$/);
  await w.page.goBack();
  await w.page.goBack();
  await w.page.locator("#hint").waitFor();
  assert.equal(await w.page.locator(".row").count(), 0);
  await w.close();
});

test("page: absolute times are local in the form and UTC on the wire", async () => {
  mock.query = answer(ndjson({ line: "x" }));
  const w = await Watched.open(browser, home);
  await w.page.locator("#range").selectOption("absolute");
  await w.page.getByLabel("From").fill("2026-07-01T12:00");
  await w.page.getByLabel(/^To\b/).fill("2026-07-01T13:30");
  await w.ask("");
  await w.text("#count", /^1 record$/);
  assert.equal(mock.asked[0]!.params.get("from"), "2026-07-01T10:00:00.000Z");
  assert.equal(mock.asked[0]!.params.get("to"), "2026-07-01T11:30:00.000Z");
  await w.close();
});

test("page: the keyboard is enough", async () => {
  mock.query = answer(...sample.map(ndjson));
  const w = await Watched.open(browser, home + "?q=&window=1h");
  await w.text("#count", /^3 records$/);
  await w.page.locator("#list").focus();
  await w.page.keyboard.press("ArrowDown");
  await w.page.keyboard.press("ArrowDown");
  await w.page.keyboard.press("Enter");
  await w.text(".row[aria-selected=true] .whole", /card declined/);
  assert.equal(await w.page.locator(".row[aria-expanded=true]").count(), 1);
  await w.page.keyboard.press("Enter");
  assert.equal(await w.page.locator(".panel").count(), 0);
  await w.page.keyboard.press("/");
  assert.equal(await w.page.evaluate(() => document.activeElement?.id), "q");
  await w.close();
});

test("page: every control has a name for those who do not see it", async () => {
  const w = await Watched.open(browser, home);
  await w.page.locator("#range").selectOption("absolute");
  for (const label of ["Search", "Regex", "Topic", "Time", "From", "To"]) {
    assert.equal(
      await w.page
        .getByLabel(label, { exact: label !== "To" })
        .first()
        .isVisible(),
      true,
      label,
    );
  }
  const nameless = await w.page.evaluate(() =>
    [...document.querySelectorAll<HTMLInputElement>("input, select")]
      .filter((e) => !e.labels?.length)
      .map((e) => e.id),
  );
  assert.deepEqual(nameless, []);
  await w.close();
});

test("page: a later search replaces an earlier one that is still being answered", async () => {
  let slow: ServerResponse | undefined;
  mock.query = async (p, res) => {
    if (p.get("q") === "slow") await write((slow = ok(res)), ndjson({ line: "slow 1" }));
    else ok(res).end(ndjson({ line: "quick" }));
  };
  const w = await Watched.open(browser, home);
  await w.ask("slow");
  await w.text(".row .line", /slow 1/);
  await w.ask("quick");
  await w.text("#count", /^1 record$/);
  await w.text(".row .line", /^quick$/);
  slow!.end(ndjson({ line: "slow 2" }));
  assert.deepEqual(await w.lines(), ["quick"]);
  await w.close();
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`page: nothing is wider than the window, on desk and in hand (${colorScheme})`, async () => {
    const lines = Array.from({ length: 60 }, (_, i) => ({
      ...sample[i % 3]!,
      time: new Date(Date.UTC(2026, 10, 21, 3, 4, i, i * 7)).toISOString(),
    }));
    mock.query = answer(
      ...lines.map(ndjson),
      ndjson({ line: "evil\u202etxt \u001b[31m", topic: "a-topic-with-a-long-name" }),
    );
    for (const [name, width, height] of [
      ["desk", 1280, 800],
      ["hand", 390, 800],
    ] as const) {
      const w = await Watched.open(browser, home + "?q=l&window=1h", {
        colorScheme,
        viewport: { width, height },
      });
      await w.text("#count", /^61 records$/);
      await w.page.locator(".row .line").nth(1).click();
      await w.page.locator(".panel").waitFor();
      const wide = await w.page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${wide} in a window of ${width}`);
      await w.screenshot(`${name}-${colorScheme}`);
      await w.close();
    }
  });
}

test("page: before a search it says what to do", async () => {
  const w = await Watched.open(browser, home, { colorScheme: "dark" });
  assert.ok(await w.page.locator("#hint").isVisible());
  assert.equal(mock.asked.length, 0);
  await w.screenshot("start");
  await w.close();
});
