// A real Chromium, and pages in it that are watched: whatever one asks of another host, or
// complains of, fails the test.

import assert from "node:assert/strict";
import { join } from "node:path";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";

// Each launch has a new, empty profile.
export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

export class Watched {
  readonly foreign: string[] = [];
  readonly complaints: string[] = [];

  private constructor(
    readonly page: Page,
    host: string,
  ) {
    page.on("request", (r) => {
      const url = new URL(r.url());
      if (url.host !== host && url.protocol !== "data:" && url.protocol !== "blob:")
        this.foreign.push(r.url());
    });
    page.on("console", (m) => {
      if (m.type() === "error" || m.type() === "warning") this.complaints.push(m.text());
    });
    page.on("pageerror", (e) => this.complaints.push(String(e)));
    page.on("dialog", (d) => {
      this.complaints.push(`dialog: ${d.message()}`);
      void d.dismiss();
    });
  }

  static async open(
    browser: Browser,
    url: string,
    options: BrowserContextOptions = {},
  ): Promise<Watched> {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      timezoneId: "Europe/Berlin",
      locale: "en-GB",
      ...options,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    const watched = new Watched(page, new URL(url).host);
    await page.goto(url);
    return watched;
  }

  // `expected`: complaints of the browser about answers that the test made bad on purpose.
  async close(expected?: RegExp): Promise<void> {
    await this.page.context().close();
    assert.deepEqual(this.foreign, [], "requests to another host");
    assert.deepEqual(
      this.complaints.filter((c) => !expected?.test(c)),
      [],
      "the browser's complaints",
    );
  }

  async screenshot(name: string): Promise<void> {
    const dir = process.env.SCREENSHOTS;
    if (dir) await this.page.screenshot({ path: join(dir, name + ".png") });
  }

  // Until the element's text matches, and the page has drawn what goes with it.
  async text(selector: string, expected: RegExp): Promise<string> {
    try {
      await this.page.waitForFunction(
        ([s, source, flags]) =>
          new RegExp(source!, flags).test(document.querySelector(s!)?.textContent ?? ""),
        [selector, expected.source, expected.flags] as const,
      );
    } catch {
      const is = await this.page.locator(selector).allTextContents();
      assert.fail(`${selector} never became ${expected}; it is ${JSON.stringify(is)}`);
    }
    await this.page.evaluate(
      () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))),
    );
    return (await this.page.locator(selector).first().textContent()) ?? "";
  }

  async ask(q: string): Promise<void> {
    await this.page.locator("#q").fill(q);
    await this.page.locator("#q").press("Enter");
  }

  lines(): Promise<string[]> {
    return this.page.locator(".row .line").allTextContents();
  }
  marks(): Promise<string[]> {
    return this.page.locator(".row .line mark").allTextContents();
  }
}
