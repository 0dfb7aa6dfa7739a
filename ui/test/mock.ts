// A node that answers as a test tells it to: serves the built page as the real one does, and hands
// each API call to the test, and keeps what was asked; /-/status it answers itself.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

export const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
  "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

export type Answer = (
  p: URLSearchParams,
  res: ServerResponse,
  req: IncomingMessage,
) => void | Promise<void>;

export interface Line {
  ulid?: string;
  time?: string;
  topic?: string;
  line?: string;
  line_base64?: string;
  continuation?: boolean;
}

let made = 0;
export function ndjson(r: Line): string {
  const ulid = r.ulid ?? "01JD" + String(made++).padStart(22, "0");
  return JSON.stringify({ ulid, time: "2026-11-21T03:04:05.678Z", topic: "web", ...r }) + "\n";
}

export class Mock {
  asked: { path: string; params: URLSearchParams }[] = [];
  query: Answer = (_p, res) => void ok(res).end();
  stream: Answer = (_p, res) => void ok(res).flushHeaders();
  status: unknown = { members: { alive: 1 }, store: { consuming: true }, attention: [] };
  private readonly server = createServer((req, res) => void this.serve(req, res));

  async start(): Promise<string> {
    await new Promise<void>((done) => this.server.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/ui/`;
  }

  stop(): Promise<void> {
    const closed = new Promise<void>((done) => this.server.close(() => done()));
    this.server.closeAllConnections();
    return closed;
  }

  private async serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url!, "http://node");
    if (url.pathname.startsWith("/ui/"))
      return this.page(url.pathname.slice(4) || "index.html", res);
    if (url.pathname === "/-/status") {
      res.writeHead(200, { "Content-Type": "application/json" });
      return void res.end(JSON.stringify(this.status));
    }
    this.asked.push({ path: url.pathname, params: url.searchParams });
    if (url.pathname === "/store/query") return void (await this.query(url.searchParams, res, req));
    if (url.pathname === "/store/stream")
      return void (await this.stream(url.searchParams, res, req));
    res.writeHead(404).end();
  }

  private async page(name: string, res: ServerResponse): Promise<void> {
    try {
      const bytes = await readFile(join(process.env.OKLOG_UI!, "dist", normalize("/" + name)));
      res.writeHead(200, {
        "Content-Type": types[extname(name)] ?? "application/octet-stream",
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
      });
      res.end(bytes);
    } catch {
      res.writeHead(404).end();
    }
  }
}

export function ok(res: ServerResponse, coverage = "full"): ServerResponse {
  return res.writeHead(200, {
    "Content-Type": "application/x-ndjson",
    ...(coverage && { "X-Oklog-Coverage": coverage }),
  });
}

// Writes as fast as the reader takes it.
export async function write(res: ServerResponse, text: string): Promise<void> {
  if (!res.write(text)) {
    await new Promise<void>((done) => {
      const go = () => {
        res.off("drain", go);
        res.off("close", go);
        done();
      };
      res.on("drain", go);
      res.on("close", go);
    });
  }
}
