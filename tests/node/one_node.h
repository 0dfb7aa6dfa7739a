// One whole node in a simulated world, with a client beside it: what every test of node starts
// from.
//
//   one_node n(seed);
//   n.start();
//   CHECK(n.send(n.fast, "a\nb\n"));           // returns when the node has closed in order
//   CHECK(n.lines() == ...);                   // GET /store/query
//   CHECK(n.stop() == 0);                      // or kill(), or crash()
//   n.start();                                 // on the same disk
//
// Whatever is still running when it is destroyed is ended first.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "oklog/env/event.h"
#include "oklog/http/client.h"
#include "oklog/node/forward.h"
#include "oklog/node/node.h"
#include "oklog/sim/world.h"

namespace oklog::node_test {

inline constexpr const char* under_replicated = "oklog_store_under_replicated_partitions";
inline constexpr duration world_patience = std::chrono::minutes(5);

using env::awaitable;

struct answer {
  unsigned status = 0;  // 0: none came
  http::header_list headers;
  http::header_list trailers;
  std::string body;
  bool complete = false;  // the body came to a clean end
  std::string header(std::string_view name) const;
  std::string trailer(std::string_view name) const;
};

// A record of a text answer.
struct found {
  std::string id;
  std::string line;
  bool continuation = false;
};
// Where ids are not ascending, the test fails here.
std::vector<found> parse_records(const std::string& body);
std::vector<std::string> lines_of(const std::vector<found>& records);
std::string joined(const std::vector<std::string>& lines);

// /store/query with these parameters over all time.
std::string query_target(const std::string& parameters);

// What a client reads of /store/stream, with the moment at which it came.
struct seen_line {
  duration at;
  std::string line;
};

// Reads a stream until it ends, or its task does: HEAD with the status, its lines, END.
awaitable<void> read_stream(sim::world& world, env::environment env, std::string url,
                            std::shared_ptr<std::vector<seen_line>> out);

// Standard input in memory.
class typed_input final : public env::stream {
 public:
  struct text {
    explicit text(env::scheduler& loop) : changed(loop) {}
    std::string bytes;
    bool ended = false;
    env::event changed;
  };
  explicit typed_input(std::shared_ptr<text> t) : text_(std::move(t)) {}
  awaitable<result<std::size_t>> read_some(char* out, std::size_t size) override;
  awaitable<result<>> wait_readable() override;
  result<std::size_t> read_now(char* out, std::size_t size) override;
  awaitable<result<>> write(std::string_view) override;
  result<> shutdown_send() override { return fail(errc::invalid, "an input"); }
  void close(bool) override;
  env::endpoint remote() const override { return {}; }

 private:
  std::shared_ptr<text> text_;
};

// A forwarder on its own host.
struct forwarding {
  std::shared_ptr<typed_input::text> input;
  std::unique_ptr<node::forwarder> forwarder;
  std::optional<int> code;  // once it has ended

  void type(std::string_view bytes);
  void end();
};

class one_node {
 public:
  explicit one_node(std::uint64_t seed = 1);
  ~one_node();

  // Until it is ready; false where it ended instead, with exit_code().
  bool start();
  // Drains; the exit code.
  int stop();
  // Says stop, and does not wait: ended() says when.
  void begin_stop();
  bool ended() const;
  std::optional<int> exit_code() const;
  // The process dies; the machine does, and its disk forgets what was not synced.
  void kill();
  void crash();
  // After host().crash_before_operation(): whether that has happened. Then start() may be called.
  bool died();

  env::endpoint fast() const { return {host.ip(), 7651}; }
  env::endpoint durable() const { return {host.ip(), 7652}; }
  std::string api() const { return "http://" + host.ip() + ":7650"; }

  // Sends all, half-closes, waits until the node closes. Success: in order.
  awaitable<result<>> sending(env::endpoint to, std::string bytes);
  result<> send(env::endpoint to, std::string bytes);
  // A connection that stays open.
  std::unique_ptr<env::stream> connect(env::endpoint to);
  void write(env::stream& to, std::string_view bytes);

  awaitable<answer> asking(http::client_request request);
  answer ask(http::method how, const std::string& target, http::header_list headers = {});
  answer get(const std::string& target) { return ask(http::method::get, target); }
  // Bytes to the API's port as they are; all that it answers until it closes.
  std::string raw(const std::string& request);
  std::vector<found> records(const std::string& parameters = "");
  std::vector<std::string> lines(const std::string& parameters = "");
  std::string metric(const std::string& name);
  double number(const std::string& metric_name);

  // Reads /store/stream until the world ends.
  std::shared_ptr<std::vector<seen_line>> watch(const std::string& parameters);

  // The node keeps it too, and ends it before the world.
  std::shared_ptr<forwarding> forward(const std::string& input = "", bool ended = true,
                                      const std::string& scheme_host = "tcp://node:7651",
                                      const std::string& prefix = "");

  bool logged(std::string_view text) const;
  // Until the store has taken everything from the ingester.
  void consume_everything();

  sim::world world;
  sim::host& host;
  sim::host& client;
  node::config config;    // of the next start
  env::task_group tasks;  // the client's

 private:
  struct life {
    std::unique_ptr<node::process> process;
    std::optional<int> code;
  };
  awaitable<void> live(life& l);
  awaitable<void> forward_to_end(forwarding& f);

  std::vector<std::unique_ptr<life>> lives_;
  std::vector<std::shared_ptr<forwarding>> forwarders_;
  env::task_group living_;
};

}  // namespace oklog::node_test
