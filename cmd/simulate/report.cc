#include <cinttypes>
#include <cstdarg>
#include <cstdio>

#include "cmd/simulate/scenario.h"

namespace oklog::simulate {
namespace {

__attribute__((format(printf, 2, 3))) void add(std::string& out, const char* format, ...) {
  char line[512];
  va_list args;
  va_start(args, format);
  std::vsnprintf(line, sizeof line, format, args);
  va_end(args);
  out += line;
}

std::string list(const std::vector<double>& values) {
  std::string text = "[";
  for (const double v : values) add(text, "%s%.4f", text.size() > 1 ? "," : "", v);
  return text + "]";
}

const char* name(sim::gossip_rules which) {
  return which == sim::gossip_rules::swim ? "swim" : "memberlist";
}

}  // namespace

std::string as_text(const scenario_outcome& o) {
  const sim::gossip_figures& f = o.figures;
  std::string s;
  add(s, "%s, %zu nodes, seed %" PRIu64 ", rules of %s, %g %% loss, %.1f s\n",
      o.of.scenario.c_str(), o.of.nodes, o.of.seed, name(o.of.which), o.of.loss,
      o.simulated_seconds);
  for (std::size_t i = 0; i < o.first.size(); ++i) {
    add(s, "  a death: first known after %.3f s", o.first[i]);
    if (i < o.all.size()) add(s, ", known to all after %.3f s", o.all[i]);
    s += "\n";
  }
  if (o.unseen > 0) add(s, "  %zu deaths were not seen by all\n", o.unseen);
  if (o.settled) add(s, "  all agreed after %.3f s\n", *o.settled);
  add(s, "  %zu nodes run, %s; worst score %u\n", o.nodes_alive,
      o.agreed ? "and agree on it" : "which not all know", o.worst_score);
  add(s, "  running nodes taken for dead: %" PRIu64 " (among the healthy %" PRIu64 ")\n",
      f.false_deaths_of_all(), f.false_deaths[0][0]);
  add(s, "  suspicions %" PRIu64 ", refutations %" PRIu64 "\n", f.suspicions, o.refutes);
  add(s, "  a node and second: %.3f messages, %.1f bytes; %.4f exchanges, %.1f bytes\n",
      o.messages_per_node_second(), o.bytes_per_node_second(),
      f.node_seconds > 0 ? double(f.exchanges) / f.node_seconds : 0,
      f.node_seconds > 0 ? double(f.exchange_bytes) / f.node_seconds : 0);
  add(s, "  largest packet %" PRIu64 " bytes\n  trace %016" PRIx64 "\n", f.largest, o.trace);
  return s;
}

std::string as_json(const scenario_outcome& o) {
  const sim::gossip_figures& f = o.figures;
  const auto& fd = f.false_deaths;
  std::string s;
  add(s, "{\"scenario\":\"%s\",\"rules\":\"%s\",\"nodes\":%zu,\"seed\":%" PRIu64 ",\"loss\":%g,",
      o.of.scenario.c_str(), name(o.of.which), o.of.nodes, o.of.seed, o.of.loss);
  s += "\"first\":" + list(o.first) + ",\"all\":" + list(o.all) + ",";
  add(s, "\"unseen\":%zu,\"settled\":%.3f,\"agreed\":%s,\"worst_score\":%u,", o.unseen,
      o.settled.value_or(-1), o.agreed ? "true" : "false", o.worst_score);
  add(s, "\"false_healthy\":%" PRIu64 ",\"false_at_starved\":%" PRIu64, fd[0][0], fd[1][0]);
  add(s, ",\"false_about_starved\":%" PRIu64 ",", fd[0][1] + fd[1][1]);
  add(s, "\"suspicions\":%" PRIu64 ",\"refutes\":%" PRIu64 ",", f.suspicions, o.refutes);
  add(s, "\"node_seconds\":%.1f,\"messages\":%.4f,\"bytes\":%.2f,", f.node_seconds,
      o.messages_per_node_second(), o.bytes_per_node_second());
  add(s, "\"exchanges\":%" PRIu64 ",\"exchange_bytes\":%" PRIu64 ",\"largest\":%" PRIu64,
      f.exchanges, f.exchange_bytes, f.largest);
  add(s, ",\"trace\":\"%016" PRIx64 "\"}", o.trace);
  return s;
}

}  // namespace oklog::simulate
