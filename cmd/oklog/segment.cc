// oklog segment: what segment files hold. Exit code 1 where one of them is not sound.
#include "cmd/oklog/flags.h"
#include "cmd/oklog/printer.h"
#include "cmd/oklog/verbs.h"
#include "oklog/env/real.h"
#include "oklog/segment/describe.h"

namespace oklog::cmd {

int run_segment(const std::vector<std::string>& args) {
  std::vector<std::string> files;
  bool verify = false;
  flags f("segment", "Shows what segment files hold. zstdcat FILE prints their text.",
          "[flags] FILE...");
  f.add("verify", verify, "read everything and check every checksum");
  f.add_positional("file", files, "an .active, .flushed, .pending or .trashed file");
  if (auto code = f.parse(args)) return *code;
  if (files.empty()) {
    return say("segment", "name at least one file", exit_usage);
  }
  env::real_world world(make_stderr_logger(log_level::warn), 1);
  int code = exit_done;
  for (const std::string& file : files) {
    const auto described = describe_segment(world.env().fs, file, verify);
    if (!described) {
      code = say("segment", described.error().what, exit_failed);
      continue;
    }
    if (!described->sound) code = exit_failed;
    if (!write_out(described->text)) return exit_done;
  }
  return code;
}

}  // namespace oklog::cmd
