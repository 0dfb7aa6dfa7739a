#include "history/refusals.h"

#include <algorithm>

namespace oklog::history {
namespace {

// From a failure to the line that tells of it: what was tried may be tried elsewhere first.
constexpr duration said_within = std::chrono::seconds(30);
// So long a line stands for what fails in the same way.
constexpr duration stands_for = std::chrono::seconds(30);

// Of "append /data/ingest/x.active": "write /data/ingest/". While one thing fails, it hardly
// matters which step of it was first.
std::string kind_of(std::string_view what) {
  constexpr std::string_view reads[] = {"read", "stat", "list", "space", "open"};
  const std::string_view verb = what.substr(0, what.find(' '));
  const bool read = std::find(std::begin(reads), std::end(reads), verb) != std::end(reads);
  const std::string_view path = what.substr(std::min(verb.size() + 1, what.size()));
  const bool of_directory = verb == "sync_dir" || verb == "list" || verb == "space";
  const std::string_view dir = of_directory ? path : path.substr(0, path.rfind('/'));
  return (read ? "read " : "write ") + std::string(dir);
}

// What a line says has failed, for whatever reason the disk gave; empty where it speaks of nothing
// of the kind.
std::string kind_in(std::string_view line) {
  std::size_t end = line.find(": injected failure");
  if (end == line.npos) end = line.find(": no space left");
  if (end == line.npos) return "";
  const std::size_t path = line.rfind(' ', end);
  if (path == line.npos || path == 0) return "";
  const std::size_t verb = line.find_last_of(" \"", path - 1) + 1;
  return kind_of(line.substr(verb, end - verb));
}

// What an unfinished write leaves goes at the next start, which says so.
bool goes_at_the_next_start(const std::string& what) {
  return what.starts_with("remove ") && (what.ends_with(".active") || what.ends_with(".tmp"));
}

bool tells_of(const std::string& line, const std::string& says) {
  const std::size_t at = line.find(says);
  if (at == line.npos) return false;
  const std::size_t end = at + says.size();
  return end == line.size() || line[end] < '0' || line[end] > '9';
}

}  // namespace

void refusals::watch(std::size_t i) {
  open_.erase(i);
  nodes_.host(i).disk().watch_failures([this, i](const std::string& what, const std::string& says) {
    if (goes_at_the_next_start(what)) return;
    open_[i].push_back({what, says, world_.elapsed()});
    ++seen_;
  });
}

bool refusals::said(std::size_t node, const refusal& r) const {
  const auto& log = nodes_.host(node).log();
  const std::string kind = kind_of(r.what);
  for (auto line = log.rbegin(); line != log.rend() && line->at >= r.at - stands_for; ++line) {
    if (tells_of(line->text, r.says) || kind_in(line->text) == kind) return true;
  }
  return false;
}

std::string refusals::unsaid() {
  for (auto& [i, open] : open_) {
    const sim::host& h = nodes_.host(i);
    if (!h.alive() || h.paused()) {
      open.clear();
      continue;
    }
    for (const refusal& r : open) {
      if (world_.elapsed() - r.at < said_within || said(i, r)) continue;
      return "n" + std::to_string(i) + " has said nothing of \"" + r.what + ": " + r.says +
             "\" at " + format_duration(r.at);
    }
    std::erase_if(open, [&](const refusal& r) { return world_.elapsed() - r.at >= said_within; });
  }
  return "";
}

}  // namespace oklog::history
