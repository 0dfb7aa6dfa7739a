// The page as a real node serves it, with records that came in through `oklog forward`.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { policy } from "../mock.ts";
import { launch, Watched } from "./chromium.ts";
import { Oklog } from "./oklog.ts";

const program = process.env.OKLOG_BIN;
const options = {
  timeout: 120_000,
  skip: program ? false : "SKIPPED: OKLOG_BIN does not name the oklog program",
};

let browser: Browser;
let node: Oklog;

before(async () => {
  if (!program) return;
  browser = await launch();
  node = await Oklog.start(program);
});
after(async () => {
  await browser?.close();
  await node?.stop();
});

test(
  "node: serves the page under a policy that allows nothing foreign or inline",
  options,
  async () => {
    const page = await fetch(node.page);
    assert.equal(page.headers.get("Content-Security-Policy"), policy);
    assert.equal(page.headers.get("X-Content-Type-Options"), "nosniff");
    const script = /src="\.\/(assets\/[^"]+\.js)"/.exec(await page.text());
    assert.match((await fetch(node.page + script![1])).headers.get("Content-Type")!, /javascript/);
    assert.equal((await fetch(node.page + "nothing.png")).status, 404);
  },
);

test(
  "node: a line is found by literal, by expression and by topic, and highlighted",
  options,
  async () => {
    await node.forward(
      "web GET /basket?id=7&x=100%25 503\nweb GET /index.html 200\nmail queue 503 deferred\n",
    );
    const w = await Watched.open(browser, node.page);
    await w.ask("503");
    await w.text("#count", /^2 records$/);
    assert.deepEqual(await w.lines(), ["GET /basket?id=7&x=100%25 503", "queue 503 deferred"]);
    assert.deepEqual(await w.marks(), ["503", "503"]);
    assert.deepEqual(await w.page.locator(".row .topic").allTextContents(), ["web", "mail"]);
    assert.match(
      (await w.page.locator(".row .time").first().textContent())!,
      /^20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/,
    );
    await w.ask("?id=7&x=100%25");
    await w.text("#count", /^1 record$/);
    assert.deepEqual(await w.marks(), ["?id=7&x=100%25"]);
    await w.page.locator("#regex").check();
    await w.page.locator("#topic").fill("web");
    await w.ask("^GET .* (\\d+)$");
    await w.text("#count", /^2 records$/);
    await w.text(".row:last-of-type mark", /GET/);
    assert.equal(
      await w.page.locator("#notices .notice").count(),
      0,
      "a full answer has nothing to warn of",
    );
    await w.screenshot("node");
    await w.close();
  },
);

test(
  "node: the end of an answer says what it covers, where a browser can read it",
  options,
  async () => {
    const answer = await fetch(
      new URL("../store/query?q=absent&format=json&summary=true", node.page),
    );
    const last = JSON.parse((await answer.text()).trim().split("\n").at(-1)!);
    assert.deepEqual([last.coverage, last.missing, last.records], ["full", [], 0]);
  },
);

test("node: an expression that is none is refused with the reason", options, async () => {
  const w = await Watched.open(browser, node.page);
  await w.page.locator("#regex").check();
  await w.ask("(unclosed");
  await w.text(".notice.error", /^400: .*missing closing \)/);
  await w.close(/status of 400/);
});

test("node: from after to is refused with the reason", options, async () => {
  const w = await Watched.open(
    browser,
    node.page + "?q=&from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
  );
  await w.text(".notice.error", /^400: .*from/);
  await w.close(/status of 400/);
});

test("node: live shows a line soon after it was forwarded", options, async () => {
  const w = await Watched.open(browser, node.page);
  await w.page.locator("#q").fill("heartbeat");
  const answered = w.page.waitForResponse((r) => r.url().includes("/store/stream"));
  await w.page.getByRole("button", { name: "Live" }).click();
  await answered;
  await node.forward("app heartbeat 1\napp other\n");
  await w.text(".row .line", /^heartbeat 1$/);
  await node.forward("app heartbeat 2\n");
  await w.text("#count", /^2 records$/);
  assert.deepEqual(await w.lines(), ["heartbeat 1", "heartbeat 2"]);
  assert.deepEqual(await w.marks(), ["heartbeat", "heartbeat"]);
  await w.page.getByRole("button", { name: "Stop" }).click();
  await w.text("#state", /stopped/);
  await w.close();
});

test("node: hostile lines are inert and hidden characters visible", options, async () => {
  const lines = [
    '<img src=x onerror="window.hit=1"> hostile',
    "javascript:window.hit=1 hostile",
    "<script>window.hit=1</script> hostile",
    "\u202egpj.exe hostile",
    "\u001b[2J hostile \u0000",
  ];
  await node.forward(lines.map((l) => `evil ${l}\n`).join(""));
  await node.forward(
    Buffer.concat([Buffer.from("evil "), Buffer.from([0xff, 0xfe]), Buffer.from(" hostile\n")]),
  );
  const w = await Watched.open(browser, node.page);
  await w.ask("hostile");
  await w.text("#count", /^6 records$/);
  assert.deepEqual(await w.lines(), [
    ...lines.slice(0, 3),
    "<U+202E>gpj.exe hostile",
    "\\e[2J hostile \\0",
    "\\xff\\xfe hostile",
  ]);
  for (const row of await w.page.locator(".row .line").all()) await row.click();
  assert.equal(await w.page.locator("#list :is(img, script, a)").count(), 0);
  assert.equal(await w.page.evaluate("window.hit"), undefined);
  await w.close();
});

test("node: a line of 1 MiB and 100,000 records leave the page quick", options, async () => {
  const big = "z".repeat((1 << 20) - 100);
  await node.forward(`big ${big}\n`);
  await node.forward(
    Array.from({ length: 100_000 }, (_, i) => `many row ${i} of the many\n`).join(""),
  );
  const w = await Watched.open(browser, node.page);
  await w.ask("zzzz");
  await w.text("#count", /^1 record$/);
  await w.page.locator(".row .line").first().click();
  await w.text(".panel .facts", /1,048,476 characters/);
  await w.page.locator("#topic").fill("many");
  w.page.setDefaultTimeout(60_000);
  await w.ask("of the many");
  await w.text("#count", /^100,000 records$/);
  const begun = Date.now();
  await w.page.locator("#list").focus();
  await w.page.keyboard.press("End");
  await w.page.getByText("row 99999 of the many", { exact: true }).waitFor();
  assert.ok(Date.now() - begun < 3000, "the end of the list is there at once");
  assert.ok((await w.page.locator(".row").count()) < 120);
  await w.close();
});

test("node: a node that dies under a live page is an error, not an end", options, async () => {
  const doomed = await Oklog.start(program!);
  const w = await Watched.open(browser, doomed.page);
  const answered = w.page.waitForResponse((r) => r.url().includes("/store/stream"));
  await w.page.getByRole("button", { name: "Live" }).click();
  await answered;
  await doomed.kill();
  await w.text(".notice.error", /connection broke.*not shown/);
  await w.text("#state", /failed/);
  await w.ask("");
  await w.text(".notice.error", /does not answer/);
  await w.close(/ERR_/);
});
