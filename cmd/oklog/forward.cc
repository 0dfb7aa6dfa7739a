// oklog forward: standard input to one or more ingesters.
#include <unistd.h>

#include <cstdlib>

#include "cmd/oklog/flags.h"
#include "cmd/oklog/verbs.h"
#include "oklog/env/real.h"
#include "oklog/node/forward.h"

namespace oklog::cmd {

int run_forward(const std::vector<std::string>& args) {
  std::string api;
  std::vector<std::string> prefixes;
  std::vector<std::string> targets;
  bool debug = false;
  node::forward_config config;
  flags f("forward",
          "Sends standard input, line by line, to one ingester at a time; the next one takes over\n"
          "when it fails. Ends when the input has ended and the ingester has everything.",
          "[flags] <ingester> [<ingester>...]");
  f.add("api", api, "listen address for forward API (and metrics)");
  f.add("addr.file", config.addr_file, "file to write the address of the API to, when ready");
  f.add("debug", debug, "debug logging");
  f.add("prefix", prefixes, "prefix annotated on each log record (repeatable)");
  f.add_positional("ingester", targets,
                   "tcp://host:port, or tcp+dns://, tcp+dnssrv://, tcp+dnsaddr://");
  if (auto code = f.parse(args)) return *code;
  if (targets.empty()) {
    return say("forward", "specify at least one ingest address as an argument", exit_usage);
  }
  for (const std::string& text : targets) {
    auto target = env::parse_address(text, 7651);
    if (!target) return say("forward", target.error().what, exit_usage);
    config.targets.push_back(*target);
  }
  for (const std::string& p : prefixes) config.prefix += p + " ";
  if (!api.empty()) {
    auto at = env::parse_listen_address(api, 7650);
    if (!at) return f.wrong("api", at.error().what);
    config.api = *at;
  }
  env::real_world world(make_stderr_logger(debug ? log_level::debug : log_level::info), 1);
  node::forwarder forwarder(world.env(), std::move(config), world.open_input(STDIN_FILENO));
  int signals = 0;
  return world.run(forwarder.run(), [&forwarder, &signals](int) {
    if (signals++ > 0) std::_Exit(exit_failed);
    forwarder.stop();
  });
}

}  // namespace oklog::cmd
