#include "cmd/oklog/query_options.h"

namespace oklog::cmd {
namespace {

// Two flags of which only one may be given, or a flag with a value that the other excludes.
struct exclusion {
  bool both;
  const char* flag;
  const char* sentence;
};

std::optional<int> first_wrong(const flags& f, const std::vector<exclusion>& rules) {
  for (const exclusion& e : rules) {
    if (e.both) return f.wrong(e.flag, e.sentence);
  }
  return std::nullopt;
}

std::optional<int> check_numbers(const flags& f, const query_options& o) {
  for (const auto& [name, value] :
       {std::pair("A", o.after), std::pair("B", o.before), std::pair("C", o.around)}) {
    if (value.value_or(0) > context_lines_max) {
      return f.wrong(name, "at most " + std::to_string(context_lines_max) + " lines");
    }
  }
  return std::nullopt;
}

std::optional<int> check_together(const flags& f, const query_options& o) {
  const bool context = o.context_wanted().wanted();
  return first_wrong(
      f,
      {{o.context != "stream" && o.context != "all", "context", "must be stream or all"},
       {o.order != "asc" && o.order != "desc", "order", "must be asc or desc"},
       {o.first == 0, "m", "must be from 1"},
       {o.last == 0 && !o.follow, "n", "must be from 1 (0 goes with -f alone)"},
       {o.first && o.last, "n", "is the last so many lines, -m the first: give one of them"},
       {o.last && o.count, "c", "counts all lines; with -n there is nothing to count"},
       {context && o.count, "c", "counts lines; it shows none, so none around them (-A, -B, -C)"},
       {context && o.descending(), "order",
        "lines around a match (-A, -B, -C) are shown in the order of time"},
       {f.given("context") && !context, "context", "says which lines -A, -B and -C show; give one"},
       {o.follow && o.count, "f", "goes on until you stop it, so -c would never print"},
       {o.follow && o.first, "f", "goes on until you stop it; with -m it would end"},
       {o.follow && o.descending(), "f", "shows what comes in last; -order desc has no last line"},
       {o.follow && context, "f", "shows lines as they come in, without lines around them"},
       {o.follow && f.given("to"), "f", "goes on until you stop it; with -to it would end"},
       {o.follow && (o.stats || o.nocopy), "f", "shows lines; -stats and -nocopy leave them out"}});
}

std::optional<int> check_files(const flags& f, const query_options& o) {
  if (o.files.empty()) {
    if (o.more_files.empty()) return std::nullopt;
    return say("query",
               "unexpected argument \"" + o.more_files.front() + "\"; for files give -files",
               exit_usage);
  }
  return first_wrong(
      f, {{o.follow, "files", "reads what is in files; -f follows a store"},
          {o.stats || o.nocopy, "files", "-stats and -nocopy are questions to a store"}});
}

}  // namespace

context_lines query_options::context_wanted() const {
  context_lines c;
  c.before = static_cast<std::uint32_t>(before.value_or(around.value_or(0)));
  c.after = static_cast<std::uint32_t>(after.value_or(around.value_or(0)));
  c.all_streams = context == "all";
  return c;
}

void declare(flags& f, query_options& o) {
  f.add("store", o.store, "address of store instance to query");
  f.add("from", o.from, "from, as RFC3339 timestamp, ULID or duration ago");
  f.add("to", o.to, "to, as RFC3339 timestamp, ULID or duration ago");
  declare(f, o.pattern);
  f.add("A", o.after, "show so many lines after each match");
  f.add("B", o.before, "show so many lines before each match");
  f.add("C", o.around, "show so many lines before and after each match");
  f.add("context", o.context, "-A, -B, -C: lines of the same stream, or of all of them");
  f.add("m", o.first, "the first so many matches alone");
  f.add("n", o.last, "the last so many matches alone, oldest first");
  f.add("order", o.order, "asc: oldest first; desc: newest first");
  f.add("c", o.count, "print the number of matching lines alone");
  f.add("f", o.follow, "then follow what comes in, until Ctrl-C");
  f.add("files", o.files,
        "grep files instead: plain, .gz, .zst, - or a stopped node's data (repeatable, globs)");
  f.add_positional("file", o.more_files, "with -files: more of them");
  f.add("allow-partial", o.allow_partial, "a partial answer is exit code 0 or 1 too");
  f.add("stats", o.stats, "statistics only, no records (implies -v)");
  f.add("nocopy", o.nocopy, "don't read the response body");
  f.add("ulid", o.ulid, "include ULID prefix with each record");
  f.add("time", o.time, "include time prefix with each record");
  f.add("v", o.verbose, "verbose output to stderr (with -explain)");
  f.add("explain", o.explain, "what the answer cost, on stderr");
}

std::optional<int> check(const flags& f, const query_options& o) {
  if (auto code = check(f, o.pattern)) return code;
  if (auto code = check_numbers(f, o)) return code;
  if (auto code = check_together(f, o)) return code;
  return check_files(f, o);
}

}  // namespace oklog::cmd
