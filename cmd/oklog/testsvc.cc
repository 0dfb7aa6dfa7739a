// oklog testsvc: lines at a steady rate, to have something to forward.
#include <unistd.h>

#include <cstdio>
#include <ctime>

#include "cmd/oklog/flags.h"
#include "cmd/oklog/verbs.h"
#include "oklog/base/log.h"
#include "oklog/env/real.h"

namespace oklog::cmd {
namespace {

struct testsvc_options {
  std::string id = "foo";
  std::uint64_t rate = 5;
  std::uint64_t size = 512;
};

// "2016-01-01T12:34:56Z foo 000000001 ".
std::string line_head(const testsvc_options& o, wall_time now, std::uint64_t number) {
  char count[32];
  std::snprintf(count, sizeof count, "%09llu", static_cast<unsigned long long>(number));
  return format_rfc3339(std::chrono::floor<std::chrono::seconds>(now)) + " " + o.id + " " + count +
         " ";
}

std::vector<std::string> make_bodies(prng& random, std::size_t bytes) {
  static constexpr std::string_view letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  std::vector<std::string> bodies(1000);
  for (std::string& body : bodies) {
    const std::uint64_t word = 5 + random.below(15);
    for (std::size_t i = 0; i < bytes; ++i) {
      const bool gap = i % word == word - 1 && i + 1 < bytes;
      body += gap ? ' ' : letters[random.below(letters.size())];
    }
  }
  return bodies;
}

bool write_all(const std::string& bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t n = ::write(STDOUT_FILENO, bytes.data() + done, bytes.size() - done);
    if (n < 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

env::awaitable<int> emit(env::environment e, testsvc_options o, const bool* stopping) {
  const std::size_t head = line_head(o, e.clock.now(), 1).size();
  const auto bodies = make_bodies(e.random, o.size - head - 1);
  std::fprintf(stderr, "%s starting, %llu bytes/record, %llu records/sec\n", o.id.c_str(),
               static_cast<unsigned long long>(o.size), static_cast<unsigned long long>(o.rate));
  const boot_time begun = e.clock.boot();
  std::uint64_t count = 0;
  while (!*stopping) {
    const auto elapsed = std::chrono::duration<double>(e.clock.boot() - begun).count();
    const auto due = static_cast<std::uint64_t>(elapsed * static_cast<double>(o.rate));
    std::string lines;
    for (; count < due && lines.size() < 1024 * 1024; ++count) {
      lines += line_head(o, e.clock.now(), count + 1) + bodies[count % bodies.size()] + "\n";
    }
    if (!write_all(lines)) co_return exit_done;  // whoever read us has gone
    if (count >= due) co_await e.loop.sleep(std::chrono::milliseconds(20));
  }
  co_return exit_done;
}

}  // namespace

int run_testsvc(const std::vector<std::string>& args) {
  testsvc_options o;
  flags f("testsvc", "Emits lines at a steady rate, for trying things out.");
  f.add("id", o.id, "ID for this instance");
  f.add("rate", o.rate, "records per second");
  f.add("size", o.size, "bytes per record");
  if (auto code = f.parse(args)) return *code;
  const std::size_t least = line_head(o, wall_time{}, 1).size() + 2;
  if (o.size < least) return f.wrong("size", "with this -id the least is " + std::to_string(least));
  if (o.size > 1024 * 1024) return f.wrong("size", "at most 1048576");
  if (o.rate == 0) return f.wrong("rate", "must be more than 0");
  env::real_world world(make_stderr_logger(log_level::info), 1);
  bool stopping = false;
  return world.run(emit(world.env(), o, &stopping), [&stopping](int) { stopping = true; });
}

}  // namespace oklog::cmd
