#include "cmd/oklog/query_files.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "cmd/oklog/file_output.h"
#include "cmd/oklog/query_archive.h"
#include "cmd/oklog/query_request.h"
#include "oklog/env/real.h"
#include "oklog/node/node.h"

namespace oklog::cmd {
namespace {

// What a line in a text file does not have.
std::optional<int> check_text(const flags& f, const query_options& o,
                              const std::vector<named_file>& files) {
  constexpr const char* no_time = "lines of text files have no known time; it is for stores' data";
  for (const char* flag : {"from", "to"}) {
    if (f.given(flag)) return f.wrong(flag, no_time);
  }
  if (o.ulid || o.time) return f.wrong(o.ulid ? "ulid" : "time", no_time);
  if (o.descending()) return f.wrong("order", no_time);
  if (!o.pattern.topics.empty()) return f.wrong("topic", "lines of text files have no topic");
  if (f.given("context")) return f.wrong("context", "lines of text files belong to no stream");
  const bool once = std::any_of(files.begin(), files.end(),
                                [](const named_file& n) { return n.is == named_file::kind::pipe; });
  if (o.last && once) return f.wrong("n", "reads twice, which a pipe does not allow: use tail");
  return std::nullopt;
}

// -n: from which file on, and how many matches in it are too many, so that the last `wanted` are
// left. Counts from the last file backwards, as far as it must.
env::awaitable<std::uint64_t> drop_all_but_last(env::environment e, std::uint64_t wanted,
                                                grep_task& task) {
  std::uint64_t found = 0;
  std::size_t first = task.files.size();
  while (first > 0 && found < wanted) {
    --first;
    grep_task one{{task.files[first]}, task.match, piece_wants::count};
    match_counter counter;
    co_await grep_files(e, one, counter);
    found += counter.matches();
  }
  task.files.erase(task.files.begin(), task.files.begin() + static_cast<std::ptrdiff_t>(first));
  co_return found > wanted ? found - wanted : 0;
}

env::awaitable<int> grep_texts(env::environment e, const query_options& o, grep_task task) {
  const boot_time begun = e.clock.boot();
  const bool names = task.files.size() > 1;
  std::uint64_t skip = 0;
  if (o.last) skip = co_await drop_all_but_last(e, *o.last, task);
  file_output out(o, task.files, names, skip);
  task.wants = out.wants();
  co_await grep_files(e, task, out);
  const int code = out.finish();
  if (o.verbose || o.explain) {
    std::fprintf(stderr, "%zu file(s), %llu bytes of text, %llu match(es) in %s\n",
                 task.files.size(), static_cast<unsigned long long>(out.text_bytes()),
                 static_cast<unsigned long long>(out.matches()),
                 format_duration(e.clock.boot() - begun).c_str());
  }
  co_return code;
}

}  // namespace

int run_query_files(const flags& f, const query_options& o) {
  std::vector<std::string> arguments = o.files;
  arguments.insert(arguments.end(), o.more_files.begin(), o.more_files.end());
  auto files = find_files(arguments);
  if (!files) return f.wrong("files", files.error().what);
  const auto directories = std::count_if(files->begin(), files->end(), [](const named_file& n) {
    return n.is == named_file::kind::directory;
  });
  env::real_world world(make_stderr_logger(log_level::warn), node::pool_threads());
  const auto on_signal = [](int) { std::_Exit(exit_error); };
  if (directories > 0) {
    if (directories != std::ssize(*files)) {
      return f.wrong("files", "either text files or data directories, not both at once");
    }
    return world.run(query_archives(world.env(), f, o, std::move(*files)), on_signal);
  }
  if (auto code = check_text(f, o, *files)) return *code;
  auto m = matcher::make(o.pattern.patterns, o.pattern.matching());
  if (!m) return f.wrong("q", m.error().what);
  grep_task task;
  task.files = std::move(*files);
  task.match = std::make_shared<const matcher>(std::move(*m));
  return world.run(grep_texts(world.env(), o, std::move(task)), on_signal);
}

}  // namespace oklog::cmd
