// oklog verify: every store reads all that it holds, and what they hold is compared. Exit codes: 0
// sound; 1 damage, differences or missing copies; 2 error; 3 not everybody answered.
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "cmd/oklog/ask_cluster.h"
#include "cmd/oklog/flags.h"
#include "cmd/oklog/human.h"
#include "cmd/oklog/printer.h"
#include "cmd/oklog/store_url.h"
#include "cmd/oklog/verbs.h"
#include "cmd/oklog/verify_report.h"
#include "oklog/api/catalogue_api.h"
#include "oklog/env/real.h"
#include "oklog/env/task_group.h"
#include "oklog/query/terminal.h"

namespace oklog::cmd {
namespace {

struct verify_options {
  std::string store = "localhost:7650";
  std::uint64_t rate = api::verify_rate;
  bool fast = false;
  bool json = false;
};

// One line that is written over and over; only where somebody looks.
class progress_line {
 public:
  explicit progress_line(const verify_input& of) : of_(of), shown_(isatty(STDERR_FILENO) == 1) {}
  void show() {
    if (!shown_) return;
    std::uint64_t done = 0;
    std::uint64_t all = 0;
    for (const verified_store& s : of_.stores) {
      done += s.said.done.bytes;
      all += std::max(s.said.begun.bytes, s.said.done.bytes);
    }
    const double share = all == 0 ? 0 : static_cast<double>(done) / static_cast<double>(all);
    const std::string text =
        bar(share, 40) + " " + bytes_text(done) + " of " + bytes_text(all) + " read";
    std::fprintf(stderr, "\r%s\x1b[K", text.c_str());
    begun_ = true;
  }
  void end() const {
    if (begun_) std::fputs("\r\x1b[K", stderr);
  }

 private:
  const verify_input& of_;
  bool shown_;
  bool begun_ = false;
};

env::awaitable<void> verify_one(env::environment env, verified_store& s, std::uint64_t rate,
                                progress_line& line) {
  const auto show = [&line] { line.show(); };
  const auto read = co_await api::ask_verify(env, s.api, rate, s.said, show);
  if (!read) s.failure = printable(read.error().what);
  api::catalogue_client client(env);
  auto held = co_await client.ask(s.api, s.name, nullptr);
  if (held) {
    s.held = std::move(*held);
  } else if (s.failure.empty()) {
    s.failure = printable(held.error().what);
  }
}

verify_input stores_of(const std::vector<seen_member>& members) {
  verify_input in;
  for (const seen_member& m : members) {
    if (!m.has_store()) continue;
    if (m.in_service()) {
      verified_store s;
      s.name = printable(m.name);
      s.api = printable(m.api);
      in.stores.push_back(std::move(s));
      in.factor =
          std::max(in.factor, static_cast<unsigned>(std::min<std::uint64_t>(m.factor, 255)));
    } else if (m.state == "dead" || m.kept_records) {
      in.away.push_back(printable(m.name));
    }
  }
  return in;
}

env::awaitable<int> verify(env::environment env, const verify_options& o, std::string base) {
  const auto members = co_await ask_members(env, std::move(base));
  if (!members) co_return say("verify", members.error().what, exit_error);
  verify_input in = stores_of(*members);
  progress_line line(in);
  std::vector<env::awaitable<void>> asked;
  for (verified_store& s : in.stores) {
    asked.push_back(verify_one(env, s, o.fast ? 0 : o.rate, line));
  }
  co_await env::all(env.loop, std::move(asked));
  line.end();
  const verify_report r = compare(in);
  (void)write_out(o.json ? report_json(in, r).dump(2) + "\n" : report_text(in, r));
  co_return exit_code(r);
}

}  // namespace

int run_verify(const std::vector<std::string>& args) {
  verify_options o;
  flags f("verify",
          "Every store of the cluster reads every block that it holds and checks it; then what\n"
          "they hold is compared. What is damaged is also replaced from other stores. Exit\n"
          "codes: 0 sound; 1 damage, differences, missing copies; 3 not everybody answered.");
  f.add("store", o.store, "address of a node; all stores are asked");
  f.add("rate", o.rate, "bytes a second that each store may read for it");
  f.add("fast", o.fast, "as fast as it goes");
  f.add("json", o.json, "print everything as JSON");
  if (auto code = f.parse(args)) return *code;
  if (o.rate < api::verify_rate_min) return f.wrong("rate", "at least 65536 bytes a second");
  const auto base = store_url(o.store);
  if (!base) return f.wrong("store", base.error().what);
  env::real_world world(make_stderr_logger(log_level::warn), 1);
  return world.run(verify(world.env(), o, *base), [](int) { std::_Exit(exit_failed); });
}

}  // namespace oklog::cmd
