// How the cluster is, as the node that serves the page sees it: a word beside the count, and a
// banner where something wants attention. Asked for now and then, while somebody looks.

export interface ClusterState {
  members: string; // "3 nodes"; empty: not known
  level: "error" | "warning" | "";
  attention: string[];
}

function sentences(v: unknown): string[] {
  return Array.isArray(v) ? v.filter((s): s is string => typeof s === "string") : [];
}

// What a node answered to /-/status; what is missing or of another kind says nothing.
export function readStatus(j: unknown): ClusterState {
  const quiet: ClusterState = { members: "", level: "", attention: [] };
  if (typeof j !== "object" || j === null) return quiet;
  const { members, attention, answers, store } = j as Record<string, unknown>;
  const missing = (answers as { missing?: unknown } | null | undefined)?.missing;
  const lines = [
    ...sentences(attention),
    ...sentences(missing).map((who) => `answers miss ${who}`),
  ];
  const alive = (members as { alive?: unknown } | null | undefined)?.alive;
  const consuming = (store as { consuming?: unknown } | null | undefined)?.consuming;
  const known = typeof alive === "number";
  return {
    members: known ? `${alive} ${alive === 1 ? "node" : "nodes"}` : "",
    level: consuming === false ? "error" : lines.length > 0 ? "warning" : "",
    attention: lines,
  };
}

const everyMs = 30_000;
const shownMax = 10;

export class ClusterBanner {
  private shown = "";
  constructor(
    private readonly banner: HTMLElement,
    private readonly members: HTMLElement,
  ) {}

  watch(): void {
    const look = () => {
      if (document.visibilityState === "visible") void this.ask();
    };
    setInterval(look, everyMs);
    document.addEventListener("visibilitychange", look);
    look();
  }

  // A node that does not answer is spoken of where somebody searches.
  private async ask(): Promise<void> {
    try {
      const answer = await fetch("../-/status", { signal: AbortSignal.timeout(10_000) });
      if (answer.ok) this.show(readStatus(await answer.json()));
    } catch {
      this.show(readStatus(undefined));
    }
  }

  show(s: ClusterState): void {
    this.members.textContent = s.members;
    const now = JSON.stringify(s);
    if (now === this.shown) return; // nothing is read out twice
    this.shown = now;
    this.banner.hidden = s.level === "";
    this.banner.className = `notice ${s.level}`;
    this.banner.replaceChildren(
      ...s.attention.slice(0, shownMax).map((line) => {
        const p = document.createElement("p");
        p.textContent = line;
        return p;
      }),
    );
  }
}
