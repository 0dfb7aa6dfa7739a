// A search: what a person asked, as the form, the page's address and the node's API know it.
// The address holds times in UTC, so that a link means the same in every time zone.

export const windows = ["5m", "15m", "1h", "12h", "1d", "3d", "7d"] as const;
export type Window = (typeof windows)[number];

export interface Search {
  q: string;
  regex: boolean;
  topic: string;
  window: Window | "absolute";
  from: string; // RFC 3339 or empty; read where window is "absolute"
  to: string; // likewise; empty: now
  live: boolean;
}

export const emptySearch: Search = {
  q: "",
  regex: false,
  topic: "",
  window: "1h",
  from: "",
  to: "",
  live: false,
};

// The node's durations end at hours.
const apiDuration: Record<Window, string> = {
  "5m": "5m",
  "15m": "15m",
  "1h": "1h",
  "12h": "12h",
  "1d": "24h",
  "3d": "72h",
  "7d": "168h",
};

// The page's query string. Always holds q, so that an address with a search differs from one
// without.
export function toAddress(s: Search): string {
  const p = new URLSearchParams({ q: s.q });
  if (s.regex) p.set("regex", "true");
  if (s.topic) p.set("topic", s.topic);
  if (s.live) p.set("live", "true");
  if (s.window === "absolute") {
    p.set("from", s.from);
    if (s.to) p.set("to", s.to);
  } else {
    p.set("window", s.window);
  }
  return "?" + p.toString();
}

export type FromAddress = { search: Search; asked: boolean; error: string };

// `asked` is false for an address without a search. A part that cannot be read is an error in
// words, never silently another search.
export function fromAddress(queryString: string): FromAddress {
  const p = new URLSearchParams(queryString);
  const s: Search = { ...emptySearch };
  let error = "";
  s.q = p.get("q") ?? "";
  s.regex = ["true", "1"].includes(p.get("regex") ?? "");
  s.topic = p.get("topic") ?? "";
  s.live = ["true", "1"].includes(p.get("live") ?? "");
  const window = p.get("window");
  if (p.has("from") || p.has("to")) {
    s.window = "absolute";
    for (const end of ["from", "to"] as const) {
      const text = p.get(end) ?? "";
      if (text && Number.isNaN(Date.parse(text))) {
        error = `The page's address says ${end}=${text}, which is not a time.`;
      } else {
        s[end] = text && new Date(text).toISOString();
      }
    }
  } else if (window !== null) {
    if ((windows as readonly string[]).includes(window)) s.window = window as Window;
    else error = `The page's address says window=${window}; known are ${windows.join(", ")}.`;
  }
  return {
    search: s,
    asked: ["q", "topic", "live", "window", "from", "to"].some((k) => p.has(k)),
    error,
  };
}

// The beginning of the time that is asked for, in ms.
export function beginning(s: Search, now: number): number {
  if (s.live) return now;
  if (s.window === "absolute") return s.from ? Date.parse(s.from) : now - 3_600_000;
  const n = parseInt(s.window, 10);
  const unit = { m: 60_000, h: 3_600_000, d: 86_400_000 }[s.window.slice(-1) as "m" | "h" | "d"];
  return now - n * unit;
}

// The address of the API call, relative to the page.
export function toRequest(s: Search): string {
  const p = new URLSearchParams();
  if (!s.live) {
    if (s.window === "absolute") {
      if (s.from) p.set("from", s.from);
      p.set("to", s.to || "now");
    } else {
      p.set("from", apiDuration[s.window]);
      p.set("to", "now");
    }
  }
  p.set("q", s.q);
  if (s.regex) p.set("regex", "true");
  if (s.topic) p.set("topic", s.topic);
  p.set("format", "json");
  if (!s.live) p.set("summary", "true"); // a browser does not see the trailers that hold it
  return (s.live ? "../store/stream?" : "../store/query?") + p.toString();
}

// datetime-local <-> RFC 3339. The input's value is local time without a zone.
export function localToUtc(value: string): string {
  const t = Date.parse(value);
  return value === "" || Number.isNaN(t) ? "" : new Date(t).toISOString();
}

export function utcToLocal(rfc3339: string): string {
  if (!rfc3339) return "";
  const d = new Date(rfc3339);
  const shifted = new Date(d.getTime() - d.getTimezoneOffset() * 60_000).toISOString().slice(0, -1);
  return shifted.endsWith(".000") ? shifted.slice(0, -4) : shifted;
}
