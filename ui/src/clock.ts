// Times as people read them: local, to the millisecond.

export interface LocalTime {
  date: string;
  time: string;
}

export function localTime(ms: number): LocalTime {
  if (Number.isNaN(ms)) return { date: "", time: "(no time)" };
  const d = new Date(ms);
  return {
    date:
      `${String(d.getFullYear()).padStart(4, "0")}-` +
      `${two(d.getMonth() + 1)}-${two(d.getDate())}`,
    time:
      `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}.` +
      String(d.getMilliseconds()).padStart(3, "0"),
  };
}

export function zoneName(now: Date): string {
  const minutes = -now.getTimezoneOffset();
  const sign = minutes < 0 ? "−" : "+";
  const ahead = Math.abs(minutes);
  const offset = `UTC${sign}${two(Math.floor(ahead / 60))}:${two(ahead % 60)}`;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return zone === "UTC" || !zone ? "times in UTC" : `times in ${zone}, ${offset}`;
}

function two(n: number): string {
  return String(n).padStart(2, "0");
}
