// oklog: one binary, a subcommand for each thing it does.
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <string>
#include <vector>

#include "cmd/oklog/flags.h"
#include "cmd/oklog/verbs.h"

namespace {

using namespace oklog::cmd;

struct verb {
  const char* name;
  const char* help;
  int (*run)(const std::vector<std::string>&);
};

constexpr verb verbs[] = {
    {"forward", "send standard input, line by line, to ingesters", run_forward},
    {"ingest", "run an ingester", run_ingest},
    {"store", "run a store", run_store},
    {"ingeststore", "run an ingester and a store in one process", run_ingeststore},
    {"query", "grep what is stored", run_query},
    {"stream", "grep what comes in", run_stream},
    {"testsvc", "emit lines at a steady rate", run_testsvc},
    {"members", "show who is in the cluster", run_members},
    {"status", "show how the cluster is", run_status},
    {"verify", "read and compare everything that the stores hold", run_verify},
    {"drain", "have other stores take over what one holds", run_drain},
    {"forget", "give up a member that is gone for good", run_forget},
    {"segment", "show and check segment files", run_segment},
};

std::string usage() {
  std::string s = "USAGE\n  oklog <mode> [flags]\n\nMODES\n";
  for (const verb& v : verbs) {
    std::string name = v.name;
    name.resize(13, ' ');
    s += "  " + name + v.help + "\n";
  }
  return s +
         "\n'oklog help <mode>' or 'oklog <mode> -h' shows a mode's flags. 'oklog --version'.\n";
}

const verb* find_verb(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto* at = std::find_if(std::begin(verbs), std::end(verbs),
                                [&name](const verb& v) { return name == v.name; });
  return at == std::end(verbs) ? nullptr : at;
}

int run(std::vector<std::string> args) {
  if (args.empty()) {
    std::fputs(usage().c_str(), stderr);
    return exit_usage;
  }
  std::string first = args.front();
  args.erase(args.begin());
  if (first == "--version" || first == "-version" || first == "version") {
    std::puts("oklog " OKLOG_VERSION);
    return exit_done;
  }
  if (first == "help" || first == "-h" || first == "-help" || first == "--help") {
    if (args.empty()) {
      std::fputs(usage().c_str(), stdout);
      return exit_done;
    }
    first = args.front();
    args = {"-h"};
  }
  if (const verb* v = find_verb(first)) return v->run(args);
  std::fprintf(stderr, "oklog: \"%s\" is no mode\n\n%s", first.c_str(), usage().c_str());
  return exit_usage;
}

}  // namespace

int main(int argc, char** argv) {
  return run(std::vector<std::string>(argv + 1, argv + argc));
}
