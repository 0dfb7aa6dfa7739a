// The page: form and address ask, an answer fills the list, notices say what is wrong.

import { readAnswer, type Outcome } from "./answer.ts";
import { zoneName } from "./clock.ts";
import { ClusterBanner } from "./cluster.ts";
import { byId, Form } from "./form.ts";
import { List } from "./list.ts";
import { Matcher } from "./matcher.ts";
import { Notices } from "./notices.ts";
import { headLimits, RowStore, tailLimits } from "./row_store.ts";
import { beginning, fromAddress, toAddress, toRequest, type Search } from "./search.ts";

const form = new Form();
const list = new List(byId("list"));
const notices = new Notices(byId("notices"));
const stateText = byId("state");
const countText = byId("count");
const stopButton = byId<HTMLButtonElement>("stop");
const newest = byId<HTMLButtonElement>("newest");

// What the page is busy with, or shows. There is at most one.
interface Run {
  search: Search;
  rows: RowStore;
  matcher: Matcher;
  abort: AbortController;
  malformed: number;
  seen: number; // records when the end of the list was last in sight
}
let run: Run | undefined;

function start(search: Search): void {
  stop();
  run?.matcher.close();
  notices.clear();
  byId("hint").hidden = true;
  const matcher = new Matcher(search.q, search.regex, () => {
    notices.say("highlight", "note", matcher.reason);
    list.refresh();
  });
  const rows = search.live ? new RowStore("tail", tailLimits) : new RowStore("head", headLimits);
  const mine: Run = { search, rows, matcher, abort: new AbortController(), malformed: 0, seen: 0 };
  run = mine;
  list.show(rows, matcher, search.live);
  setState(search.live ? "live" : "busy");
  document.title = (search.q || "everything") + " · oklog";
  void readAnswer(toRequest(search), mine.abort.signal, sinkOf(mine)).then((o) => {
    if (run === mine) finish(mine, o);
  });
  showCount();
}

function sinkOf(mine: Run) {
  const asked = beginning(mine.search, Date.now());
  const ifMine = (act: () => void) => {
    if (run !== mine) return;
    act();
    list.changed();
    scheduleCount();
  };
  return {
    begin: (c: Parameters<Notices["coverage"]>[0]) =>
      ifMine(() => {
        notices.coverage(c, asked);
        if (mine.matcher.reason) notices.say("highlight", "note", mine.matcher.reason);
        stateText.dataset.begun = "true";
      }),
    coverage: (c: Parameters<Notices["coverage"]>[0]) => ifMine(() => notices.coverage(c, asked)),
    records: (batch: Parameters<RowStore["add"]>[0]) => {
      let more = false;
      ifMine(() => (more = mine.rows.add(batch)));
      return more;
    },
    counted: (n: number) => ifMine(() => mine.rows.count(n)),
    malformed: (n: number) =>
      ifMine(() => {
        mine.malformed += n;
        notices.say(
          "malformed",
          "error",
          `${mine.malformed} records of the answer could not be read.`,
        );
      }),
  };
}

function stop(): void {
  run?.abort.abort();
}

function finish(mine: Run, o: Outcome): void {
  mine.abort.abort(); // ended: there is nothing left to stop
  const ended = o.kind === "done" && !mine.search.live;
  setState(ended ? "done" : o.kind === "stopped" ? "stopped" : "failed");
  notices.outcome(o, mine.search.live);
  list.changed();
  showCount();
}

type State = "idle" | "busy" | "live" | "done" | "stopped" | "failed";

function setState(state: State): void {
  const words: Record<State, string> = {
    idle: "",
    busy: "searching …",
    live: "live",
    done: "",
    stopped: "stopped",
    failed: "failed",
  };
  const hadFocus = document.activeElement === stopButton;
  stateText.dataset.state = state;
  stateText.textContent = words[state];
  delete stateText.dataset.begun;
  stopButton.disabled = state !== "busy" && state !== "live";
  if (hadFocus && stopButton.disabled) form.q.focus();
  byId("live").setAttribute("aria-pressed", String(state === "live"));
}

let countTimer: ReturnType<typeof setTimeout> | undefined;
function scheduleCount(): void {
  countTimer ??= setTimeout(showCount, 100);
}

function showCount(): void {
  clearTimeout(countTimer);
  countTimer = undefined;
  if (!run) return;
  const { rows, search } = run;
  const n = (v: number) => v.toLocaleString("en");
  const state = stateText.dataset.state;
  let text = `${n(rows.total)} ${rows.total === 1 ? "record" : "records"}`;
  if (rows.total > rows.length) {
    text += search.live
      ? `; the newest ${n(rows.length)} are kept`
      : `; the first ${n(rows.length)} are shown`;
  }
  if (state === "done" && rows.total === 0) text = "no record matches";
  if ((state === "stopped" || state === "failed") && !search.live) text += " until then";
  countText.textContent = text;
  if (list.follow || !search.live || list.atEnd()) run.seen = rows.total;
  const unseen = rows.total - run.seen;
  newest.hidden = unseen === 0;
  newest.textContent = `${n(unseen)} new ↓`;
}

// A person asks: the search becomes the address, so that it can be shared and gone back to.
function ask(live: boolean): void {
  const problem = form.problem(live);
  if (problem) {
    notices.say("form", "error", problem);
    return;
  }
  const search = form.read(live);
  const address = toAddress(search);
  if (address !== location.search) history.pushState(null, "", address);
  start(search);
}

function showAddress(): void {
  const { search, asked, error } = fromAddress(location.search);
  form.write(search);
  if (asked && !error) {
    start(search);
    return;
  }
  stop();
  run?.matcher.close();
  run = undefined;
  notices.clear();
  setState("idle");
  countText.textContent = "";
  newest.hidden = true;
  document.title = "oklog";
  list.show(new RowStore("head", headLimits), new Matcher("", false, () => {}), false);
  byId("hint").hidden = false;
  if (error) notices.say("form", "error", error);
}

byId("search").addEventListener("submit", (e) => {
  e.preventDefault();
  ask(false);
});
byId("live").addEventListener("click", () => ask(true));
stopButton.addEventListener("click", stop);
newest.addEventListener("click", () => {
  list.follow = true;
  list.toEnd();
  showCount();
});
list.onscroll = () => {
  if (run?.search.live && list.atEnd()) {
    list.follow = true;
    showCount();
  }
};
document.addEventListener("keydown", (e) => {
  const typing = e.target instanceof HTMLInputElement || e.target instanceof HTMLSelectElement;
  if (e.key === "Escape" && !stopButton.disabled) {
    stop();
    e.preventDefault();
  } else if (e.key === "/" && !typing && !e.ctrlKey && !e.metaKey && !e.altKey) {
    form.q.focus();
    form.q.select();
    e.preventDefault();
  }
});
addEventListener("popstate", showAddress);
new ClusterBanner(byId("cluster"), byId("members")).watch();
byId("zone").textContent = zoneName(new Date());
showAddress();
if (!location.search) form.q.focus();
