// A real node of one program, on ports of its own, in a directory of its own that goes with it.

import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const startMs = 30_000;

export class Oklog {
  private log = "";
  private readonly senders = new Set<ChildProcess>();
  private constructor(
    private readonly program: string,
    private readonly dir: string,
    private readonly child: ChildProcess,
  ) {
    child.stderr!.on("data", (text) => (this.log = (this.log + text).slice(-20_000)));
  }
  private addresses: { api: string; fast: string; durable: string } = {
    api: "",
    fast: "",
    durable: "",
  };

  static async start(program: string): Promise<Oklog> {
    const dir = mkdtempSync(join(tmpdir(), "oklog-ui-"));
    const file = join(dir, "addresses");
    const any = "tcp://127.0.0.1:0";
    const child = spawn(
      program,
      [
        "ingeststore",
        "-api",
        any,
        "-cluster",
        any,
        "-ingest.fast",
        any,
        "-ingest.durable",
        any,
        "-ingest.path",
        join(dir, "ingest"),
        "-store.path",
        join(dir, "store"),
        "-ingest.topic-mode",
        "dynamic",
        "-addr.file",
        file,
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    const node = new Oklog(program, dir, child);
    const deadline = Date.now() + startMs;
    while (!existsSync(file)) {
      assert.equal(child.exitCode, null, `the node ended: ${node.log}`);
      assert.ok(Date.now() < deadline, `the node was not ready in time: ${node.log}`);
      await new Promise((done) => setTimeout(done, 10));
    }
    node.addresses = JSON.parse(readFileSync(file, "utf8"));
    return node;
  }

  get page(): string {
    return `http://${this.addresses.api}/ui/`;
  }

  // Returns when the node has put all of it on disk.
  async forward(text: string | Buffer): Promise<void> {
    const child = spawn(this.program, ["forward", `tcp://${this.addresses.durable}`], {
      stdio: ["pipe", "ignore", "pipe"],
    });
    this.senders.add(child);
    let said = "";
    child.stderr.on("data", (t) => (said += t));
    child.stdin.end(text);
    const [status] = await once(child, "exit");
    this.senders.delete(child);
    assert.equal(status, 0, `forward failed: ${said}`);
  }

  // A node that is asked to end does so in order; one that has ended before says why.
  async stop(): Promise<void> {
    for (const sender of this.senders) sender.kill("SIGKILL"); // of a test that failed
    assert.equal(
      this.child.exitCode ?? this.child.signalCode,
      null,
      `the node had ended: ${this.log}`,
    );
    this.child.kill("SIGTERM");
    const [status, signal] = await once(this.child, "exit");
    this.remove();
    assert.equal(status ?? signal, 0, `the node's end: ${this.log}`);
  }

  // At once, as by a loss of power.
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await once(this.child, "exit");
    this.remove();
  }

  private remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
