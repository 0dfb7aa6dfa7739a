// Searches a line for a regular expression away from the page's own thread, because JavaScript's
// engine, unlike RE2, can take for ever. The page ends this worker when an answer takes too long.

import { rangesOf } from "./ranges.ts";

export interface MatchQuestion {
  id: number;
  source: string;
  flags: string;
  text: string;
}
export interface MatchAnswer {
  id: number;
  ranges: number[];
}

self.onmessage = (e: MessageEvent<MatchQuestion>) => {
  const { id, source, flags, text } = e.data;
  const answer: MatchAnswer = { id, ranges: rangesOf(new RegExp(source, flags), text) };
  self.postMessage(answer);
};
