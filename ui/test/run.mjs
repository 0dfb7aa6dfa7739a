// How the tests of the page run. Both need `npm ci` once; the second also `npm run build`.
//
//   npm --prefix ui run test           the modules by themselves, in node
//   npm --prefix ui run test:browser   the built page in a real Chromium: against test/mock.ts, and
//                                      against a real node where OKLOG_BIN names the oklog program
//
// A word behind the two picks the files whose name holds it:
// `npm --prefix ui run test:browser node`.
//
// CHROMIUM names the browser (default /usr/bin/chromium, Debian's package "chromium"). With
// SCREENSHOTS=DIR the browser tests leave pictures of the page there. TypeScript is bundled by
// esbuild and run by node's own test runner; the last lines count the tests.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const kind = process.argv[2];
const out = join(here, "..", "node_modules", `.${kind}-tests`);

if (kind === "browser") {
  const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";
  if (!existsSync(chromium))
    stop(`No browser at ${chromium}. Install it: apt-get install chromium`);
  if (!existsSync(join(here, "..", "dist", "index.html")))
    stop("The page is not built: npm --prefix ui run build");
}

const sources = readdirSync(join(here, kind)).filter(
  (f) => f.endsWith(".test.ts") && f.includes(process.argv[3] ?? ""),
);
rmSync(out, { recursive: true, force: true });
await build({
  entryPoints: sources.map((f) => join(here, kind, f)),
  outdir: out,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  packages: "external",
  platform: "node",
  format: "esm",
  target: "node18",
  sourcemap: "inline",
  logLevel: "warning",
});
const ran = spawnSync(
  process.execPath,
  [
    "--enable-source-maps",
    "--test",
    "--test-reporter=spec",
    ...sources.map((f) => join(out, f.replace(/\.ts$/, ".mjs"))),
  ],
  { stdio: "inherit", timeout: 900_000, env: { ...process.env, OKLOG_UI: join(here, "..") } },
);
process.exit(ran.status ?? 1);

function stop(sentence) {
  console.error(sentence);
  process.exit(1);
}
