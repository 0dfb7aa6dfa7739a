// oklog ingest, store, ingeststore: flags -> config -> node.
#include <cstdio>
#include <cstdlib>

#include "cmd/oklog/flags.h"
#include "cmd/oklog/verbs.h"
#include "oklog/base/log.h"
#include "oklog/env/address.h"
#include "oklog/env/real.h"
#include "oklog/node/node.h"
#include "oklog/record/topic.h"

namespace oklog::cmd {
namespace {

constexpr std::uint64_t max_line_lowest = 1024;
constexpr std::uint16_t cluster_port = 7659;
constexpr std::uint64_t factor_max = 16;
constexpr std::uint64_t max_line_highest = block_bytes_max - 64 * 1024;

// What the flags say, in their own types.
struct serve_flags {
  flags f;
  node::config config;
  std::string api = "tcp://0.0.0.0:7650";
  std::string fast = "tcp://0.0.0.0:7651";
  std::string durable = "tcp://0.0.0.0:7652";
  std::string bulk = "tcp://0.0.0.0:7653";
  std::string cluster = "tcp://0.0.0.0:7659";
  std::string encrypt = "require";
  std::vector<std::string> peers;
  std::string filesystem = "real";
  std::string topic_mode = "static";
  std::string topic_flag;  // Go's names differ between ingest and ingeststore
  std::string topic_mode_flag;
  std::uint64_t consumers = 1;
  std::uint64_t buffer_size = 1024 * 1024;
  std::uint64_t replication_factor = 2;
  bool ui_local = false;
  bool debug = false;

  serve_flags(const std::string& verb, const std::string& summary) : f(verb, summary) {}
};

void declare_common(serve_flags& s) {
  s.f.add("api", s.api, "listen address for the HTTP API");
  s.f.add("api.host", s.config.api_hosts, "a name that Host may have (repeatable; default: any)");
  s.f.add("addr.file", s.config.addr_file, "file to write the addresses in use to, when ready");
  s.f.add("cluster", s.cluster, "listen address for cluster (UDP and TCP)");
  s.f.add("cluster.advertise-addr", s.config.gossip.advertise,
          "optional, explicit address to advertise in cluster");
  s.f.add("cluster.keyring", s.config.gossip.keyring,
          "file of base64 keys of 32 bytes, one a line: the first encrypts gossip, all decrypt;\n"
          "read again at SIGHUP");
  s.f.add("cluster.encrypt", s.encrypt,
          "with a keyring: off (send plain), send (take plain too), require");
  s.f.add("debug", s.debug, "debug logging");
  s.f.add("disk.reserve", s.config.disk_reserve,
          "bytes to keep free on the disks (0: min(5 %, 1 GiB))");
  s.f.add("drain-timeout", s.config.drain_timeout, "at SIGTERM, hand over for at most this long");
  s.f.add("filesystem", s.filesystem, "real");
  s.f.add("peer", s.peers, "a node of the cluster: host, host:port, dns+srv://name (repeatable)");
}

void declare_ingest(serve_flags& s) {
  node::ingest_options& in = s.config.in;
  s.f.add("ingest.fast", s.fast, "listen address for fast (async) writes");
  s.f.add("ingest.durable", s.durable, "listen address for durable (sync) writes");
  s.f.add("ingest.bulk", s.bulk, "listen address for bulk (replicated) writes (not opened yet)");
  s.f.add("ingest.path", in.path, "path holding segment files for ingest tier");
  s.f.add("ingest.max-line", in.max_line, "longer lines are split into records of this many bytes");
  s.f.add("ingest.segment-flush-age", in.flush_age,
          "flush segments after they are active for this long");
  s.f.add("ingest.segment-flush-size", in.flush_bytes,
          "flush segments after they grow to this size");
  s.f.add("ingest.segment-pending-timeout", in.pending_timeout,
          "claimed but uncommitted pending segments are failed after this long");
  const std::string dot = s.config.store ? "ingest." : "";
  s.topic_flag = dot + "topic";
  s.topic_mode_flag = dot + "topic-mode";
  s.f.add(s.topic_flag, in.topic, "topic of lines that name none");
  s.f.add(s.topic_mode_flag, s.topic_mode, "topic mode for ingested records (static, dynamic)");
}

void declare_store(serve_flags& s) {
  store_config& log = s.config.st.log;
  s.f.add("store.path", log.path, "path holding segment files for storage tier");
  s.f.add("store.segment-consumers", s.consumers, "concurrent segment consumers");
  s.f.add("store.segment-target-size", log.compact.target_bytes,
          "try to keep store segments about this size");
  s.f.add("store.segment-target-age", s.config.st.target_age,
          "replicate once the aggregate segment is this old");
  s.f.add("store.segment-delay", s.config.st.delay, "request next segment files after this delay");
  s.f.add("store.segment-buffer-size", s.buffer_size,
          "kept for compatibility: reads are bounded by the block size");
  s.f.add("store.segment-replication-factor", s.replication_factor,
          "how many copies of each segment to replicate");
  s.f.add("store.segment-retain", log.retention.retain, "retention period for segment files");
  s.f.add("store.segment-retain-size", log.retention.retain_bytes,
          "oldest windows go when the segment files exceed this many bytes (0: any size)");
  s.f.add("store.segment-purge", log.retention.purge,
          "purge deleted segment files after this long");
  s.f.add("store.repair-after", s.config.st.repair_after,
          "the copies of a store that has been away for this long are made anew elsewhere");
  s.f.add("store.scrub-every", s.config.st.scrub_every,
          "each segment is read and checked again so often (0: never)");
  s.f.add("store.repair-rate", s.config.st.repair_bytes_per_second,
          "bytes of missing copies to fetch in a second at most (0: any number)");
  s.f.add("ui.local", s.ui_local, "kept for compatibility: the page comes from the binary");
}

// Values that are well written but not to be had. Nothing, or the exit code.
std::optional<int> check_values(serve_flags& s) {
  if (s.filesystem != "real") {
    return s.f.wrong("filesystem", "\"" + s.filesystem + "\" is not supported, only real");
  }
  if (s.config.store && (s.replication_factor < 1 || s.replication_factor > factor_max)) {
    return s.f.wrong("store.segment-replication-factor",
                     "must be from 1 to " + std::to_string(factor_max));
  }
  s.config.st.replication_factor = static_cast<std::uint8_t>(s.replication_factor);
  if (s.config.store && s.consumers != 1) {
    return s.f.wrong("store.segment-consumers", "1 is the only number of this version");
  }
  if (!s.config.ingest) return std::nullopt;
  node::ingest_options& in = s.config.in;
  if (!valid_topic(in.topic))
    return s.f.wrong(s.topic_flag, "topic name \"" + in.topic + "\" invalid");
  if (s.topic_mode != "static" && s.topic_mode != "dynamic" && s.topic_mode != "prefix") {
    return s.f.wrong(s.topic_mode_flag, "topic mode \"" + s.topic_mode +
                                            "\" invalid, must be \"static\" or \"dynamic\"");
  }
  in.mode = s.topic_mode == "static" ? node::topic_mode::fixed : node::topic_mode::dynamic;
  if (in.max_line < max_line_lowest || in.max_line > max_line_highest) {
    return s.f.wrong("ingest.max-line", "must be from " + std::to_string(max_line_lowest) + " to " +
                                            std::to_string(max_line_highest) + " bytes");
  }
  return std::nullopt;
}

std::optional<int> read_address(const serve_flags& s, const std::string& flag,
                                const std::string& text, std::uint16_t port, env::endpoint& out) {
  auto endpoint = env::parse_listen_address(text, port);
  if (!endpoint) return s.f.wrong(flag, endpoint.error().what);
  out = *endpoint;
  return std::nullopt;
}

std::optional<cluster::encrypt_mode> encrypt_mode_of(const std::string& text) {
  if (text == "off") return cluster::encrypt_mode::off;
  if (text == "send") return cluster::encrypt_mode::send;
  if (text == "require") return cluster::encrypt_mode::require;
  return std::nullopt;
}

std::optional<int> read_cluster(serve_flags& s) {
  node::gossip_options& g = s.config.gossip;
  if (auto code = read_address(s, "cluster", s.cluster, cluster_port, g.listen)) return code;
  for (const std::string& text : s.peers) {
    auto peer = env::parse_address(text, cluster_port);
    if (!peer) return s.f.wrong("peer", peer.error().what);
    g.peers.push_back(std::move(*peer));
  }
  const auto mode = encrypt_mode_of(s.encrypt);
  if (!mode)
    return s.f.wrong("cluster.encrypt", "\"" + s.encrypt + "\" is none of off, send, require");
  g.encrypt = *mode;
  if (s.f.given("cluster.encrypt") && *mode != cluster::encrypt_mode::off && g.keyring.empty()) {
    return s.f.wrong("cluster.encrypt", s.encrypt + " needs a -cluster.keyring");
  }
  return std::nullopt;
}

std::optional<int> read_addresses(serve_flags& s) {
  if (auto code = read_address(s, "api", s.api, 7650, s.config.api)) return code;
  if (auto code = read_cluster(s)) return code;
  if (!s.config.ingest) return std::nullopt;
  if (auto code = read_address(s, "ingest.fast", s.fast, 7651, s.config.in.fast)) return code;
  return read_address(s, "ingest.durable", s.durable, 7652, s.config.in.durable);
}

int serve(const std::vector<std::string>& args, serve_flags& s) {
  declare_common(s);
  if (s.config.ingest) declare_ingest(s);
  if (s.config.store) declare_store(s);
  if (auto code = s.f.parse(args)) return *code;
  if (auto code = check_values(s)) return *code;
  if (auto code = read_addresses(s)) return *code;
  env::share_one_heap();
  env::real_world world(make_stderr_logger(s.debug ? log_level::debug : log_level::info),
                        node::pool_threads());
  const env::environment env = world.env();
  env.log.info("open files are limited", {{"limit", env::raise_open_files()}});
  node::process process(env, s.config);
  int signals = 0;
  const auto on_signal = [&process, &signals](int) {
    if (signals++ > 0) std::_Exit(exit_failed);  // the second one means now
    process.stop();
  };
  const auto on_hangup = [&process] { process.reload(); };
  return world.run(process.run(), on_signal, on_hangup);
}

}  // namespace

int run_ingest(const std::vector<std::string>& args) {
  serve_flags s("ingest",
                "Takes lines on the fast and durable ports, writes them down, and keeps them\n"
                "until stores have them.");
  s.config.ingest = true;
  return serve(args, s);
}

int run_store(const std::vector<std::string>& args) {
  serve_flags s("store", "Keeps what ingesters took, and answers queries.");
  s.config.store = true;
  return serve(args, s);
}

int run_ingeststore(const std::vector<std::string>& args) {
  serve_flags s("ingeststore",
                "An ingester and a store in one process: all that one machine needs.");
  s.config.ingest = true;
  s.config.store = true;
  return serve(args, s);
}

}  // namespace oklog::cmd
