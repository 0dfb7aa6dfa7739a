// What people, scripts and Go's clients get over HTTP from a whole node.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "node/one_node.h"

using namespace oklog;
using namespace oklog::node_test;
using namespace std::chrono_literals;

namespace {

using lines = std::vector<std::string>;

std::string request(const std::string& target, const std::string& headers,
                    const std::string& method = "GET") {
  return method + " " + target + " HTTP/1.1\r\n" + headers + "Connection: close\r\n\r\n";
}

std::string status_of(const std::string& response) {
  return response.substr(0, response.find("\r\n"));
}

// A connection that has asked and does not read.
std::unique_ptr<env::stream> ask_and_wait(one_node& n, const std::string& target) {
  env::endpoint api{n.host.ip(), 7650};
  auto s = n.connect(api);
  n.write(*s, "GET " + target + " HTTP/1.1\r\nHost: node\r\n\r\n");
  return s;
}

lines many(int count, std::size_t bytes) {
  lines all;
  for (int i = 0; i < count; ++i) all.push_back(std::to_string(i) + std::string(bytes, 'x'));
  return all;
}

std::vector<std::string> store_files(one_node& n) {
  std::vector<std::string> all;
  for (const std::string& f : n.host.disk().files()) {
    if (f.starts_with("/data/store/") && f.ends_with(".flushed")) all.push_back(f);
  }
  return all;
}

}  // namespace

TEST_CASE("api: a query has the headers that Go's client parses, on GET and HEAD", "[node]") {
  one_node n;
  REQUIRE(n.start());
  REQUIRE(n.send(n.fast(), "one\ntwo\n"));
  const std::string target =
      "/store/query?from=2025-12-31T00%3A00%3A00Z&to=2026-02-01T00%3A00%3A00"
      "%2B01%3A00&q=o+n%26e&regex=true";
  for (const http::method how : {http::method::get, http::method::head}) {
    const answer a = n.ask(how, target);
    CHECK(a.status == 200);
    CHECK(parse_rfc3339(a.header("X-Oklog-From")));
    CHECK(a.header("X-Oklog-From").starts_with("2025-12-31T00:00:00"));
    CHECK(a.header("X-Oklog-To").starts_with("2026-01-31T23:00:00"));
    CHECK(a.header("X-Oklog-Regex") == "true");
    CHECK(a.header("X-Oklog-Nodes-Queried") == "1");
    CHECK(a.header("X-Oklog-Segments-Queried").find_first_not_of("0123456789") ==
          std::string::npos);
    CHECK(std::stoll(a.header("X-Oklog-Max-Data-Set-Size")) >= 8);
    CHECK(a.header("X-Oklog-Error-Count") == "0");
    CHECK(parse_duration(a.header("X-Oklog-Duration")));
    CHECK(a.header("X-Oklog-Coverage") == "full");
    CHECK(a.header("Content-Type").starts_with("text/plain"));
    CHECK(a.header("Access-Control-Allow-Origin").empty());
    CHECK(a.body.empty());
  }
}

TEST_CASE("api: HEAD is statistics only and costs no scan (D21)", "[node]") {
  one_node n;
  REQUIRE(n.start());
  REQUIRE(n.send(n.fast(), "one\ntwo\n"));
  n.consume_everything();
  for (int i = 0; i < 100; ++i) {
    const answer a = n.ask(http::method::head, query_target("q=one"));
    REQUIRE(a.status == 200);
    REQUIRE(a.body.empty());
    REQUIRE(a.header("X-Oklog-Segments-Queried") == "1");
  }
  CHECK(n.lines("q=one") == lines{"one"});
}

TEST_CASE("api: the answer of a query ends with its coverage and a summary", "[node]") {
  one_node n;
  REQUIRE(n.start());
  REQUIRE(n.send(n.fast(), "one\ntwo\n"));
  const answer a = n.get(query_target(""));
  CHECK(a.complete);
  CHECK(a.trailer("X-Oklog-Coverage") == "full");
  const auto summary = nlohmann::json::parse(a.trailer("X-Oklog-Summary"));
  CHECK(summary["coverage"] == "full");
  CHECK(summary["records"] == 2);
  CHECK(summary["missing"].empty());
}

TEST_CASE("D1: the headers come at once, however long the scan takes", "[node]") {
  one_node n;
  REQUIRE(n.start());
  REQUIRE(n.send(n.fast(), "one\n"));
  n.consume_everything();
  n.host.set_pool_delay(20s, 20s);
  const duration begun = n.world.elapsed();
  http::client asker(n.client.env());
  auto got = n.world.run(asker.get(n.api() + query_target("q=one")));
  REQUIRE(got);
  CHECK(got->status() == 200);
  CHECK(n.world.elapsed() - begun < 1s);
  const auto body = n.world.run(got->read_all(1000));
  REQUIRE(body);
  CHECK(parse_records(*body).size() == 1);
  CHECK(n.world.elapsed() - begun > 10s);
}

TEST_CASE("api: what is wrong with a query is said with 400", "[node]") {
  one_node n;
  REQUIRE(n.start());
  const std::pair<const char*, const char*> wrong[] = {
      {"from=bogus", "parsing 'from': bogus: can't parse as ULID or RFC3339 time"},
      {"to=x%0Ay", "parsing 'to': "},
      {"q=(&regex=true", "compiling regex: error parsing regexp: missing closing ): `(`"},
      {"from=00000000000000000000000000&to=8ZZZZZZZZZZZZZZZZZZZZZZZZZ", "parsing 'to'"},
      {"from=1m&to=2m", "'from'"},
      {"format=xml", "parsing 'format'"},
      {"topic=a%20b", "parsing 'topic'"},
      {"q=(%3F%3Aa%7B1000%7D)%7B1000%7D&regex=true", "compiling regex"}};
  for (const auto& [parameters, said] : wrong) {
    INFO(parameters);
    const answer a = n.get("/store/query?" + std::string(parameters));
    CHECK(a.status == 400);
    CHECK(a.body.starts_with(said));
    CHECK(a.body.ends_with("\n"));
    CHECK(a.header("Content-Type").starts_with("text/plain"));
  }
  CHECK(n.get("/store/stream?q=(&regex=true").status == 400);
  CHECK(n.get("/store/query?from=now&to=now").status == 200);
  CHECK(n.get("/store/query?q=%FF%00&from=1h").status == 200);
}

TEST_CASE("D29: /store/ leads to /store/query; unknown paths and methods are refused", "[node]") {
  one_node n;
  REQUIRE(n.start());
  const answer moved = n.get("/store/");
  CHECK(moved.status == 307);
  CHECK(moved.header("Location").starts_with("/store/query"));
  CHECK(n.get("/nothing").status == 404);
  CHECK(n.get("/store/nothing").status == 404);
  CHECK(n.get("/debug/pprof/").status == 404);
  CHECK(n.ask(http::method::post, "/store/query").status == 405);
  CHECK(n.get("/ingest/commit?id=x&hash=y").status == 405);
  CHECK(n.get("/ui").status == 301);
  CHECK(n.get("/ui/favicon.png").header("Content-Type").find("text/html") == std::string::npos);
}

TEST_CASE("D30: a page of another site is refused, a name that is not ours too", "[node]") {
  one_node n;
  n.config.api_hosts = {"logs.example.org"};
  REQUIRE(n.start());
  const std::string host = "Host: logs.example.org:7650\r\n";
  CHECK(status_of(n.raw(request("/-/healthy", host))) == "HTTP/1.1 200 OK");
  CHECK(status_of(n.raw(request("/-/healthy", "Host: evil.com\r\n"))).find("421") !=
        std::string::npos);
  for (const char* target : {"/store/query?q=", "/ingest/next", "/metrics"}) {
    const std::string evil = host + "Origin: http://evil.com\r\n";
    CHECK(status_of(n.raw(request(target, evil))).find("403") != std::string::npos);
  }
  const std::string same = host + "Origin: http://logs.example.org:7650\r\n";
  CHECK(status_of(n.raw(request("/store/query?q=", same))).find("200") != std::string::npos);
}

TEST_CASE("D30: a node that has names is still asked by its address, by nodes", "[node]") {
  one_node n;
  n.config.api_hosts = {"logs.example.org"};
  REQUIRE(n.start());
  REQUIRE(n.send(n.fast(), "line\n"));
  n.world.run_for(15s);
  CHECK(n.number("oklog_store_consumed_segments_total") == 1);
}

TEST_CASE("query: format=json, topic and count", "[node]") {
  one_node n;
  n.config.in.mode = node::topic_mode::dynamic;
  REQUIRE(n.start());
  REQUIRE(n.send(n.fast(), "web one\nweb \xff\ndb three\n"));
  const answer a = n.get(query_target("format=json&topic=web"));
  CHECK(a.header("Content-Type").find("json") != std::string::npos);
  const std::size_t lf = a.body.find('\n');
  const auto first = nlohmann::json::parse(a.body.substr(0, lf));
  CHECK(first["topic"] == "web");
  CHECK(first["line"] == "one");
  CHECK(parse_ulid(first["ulid"].get<std::string>()));
  CHECK(first["time"].get<std::string>().starts_with("2026-01-01T00:00:"));
  const auto second = nlohmann::json::parse(a.body.substr(lf + 1));
  CHECK(second["line_base64"] == "/w==");
  CHECK(n.get(query_target("count&topic=web")).body == "2\n");
  CHECK(n.get(query_target("count&topic=absent")).body == "0\n");
  CHECK(n.get(query_target("count=1&q=three")).body == "1\n");
}

TEST_CASE("api: _clusterstate is in Go's form, with this node alone", "[node]") {
  one_node n;
  REQUIRE(n.start());
  for (const char* path : {"/store/_clusterstate", "/ingest/_clusterstate"}) {
    const answer a = n.get(path);
    CHECK(a.status == 200);
    CHECK(a.header("Content-Type").starts_with("application/json"));
    const auto state = nlohmann::json::parse(a.body);
    CHECK(state["n"] == 1);
    REQUIRE(state["members"].size() == 1);
    CHECK(state["members"][0] == state["self"]);
    for (const char* key :
         {"Name", "Addr", "Port", "Meta", "PMin", "PMax", "PCur", "DMin", "DMax", "DCur"}) {
      CHECK(state["self"].contains(key));
    }
    const std::string self = state["self"]["Name"];
    CHECK(parse_ulid(self));
    CHECK(state["delegate"][self]["type"] == "ingeststore");
    CHECK(state["delegate"][self]["api_port"] == 7650);
  }
}

TEST_CASE("api: an ingester alone has no /store, a store alone no /ingest", "[node]") {
  one_node in;
  in.config.store = false;
  REQUIRE(in.start());
  CHECK(in.get("/store/query?q=").status == 404);
  CHECK(in.get("/ingest/_segmentstate").status == 200);
  CHECK(in.stop() == 0);
  one_node st;
  st.config.ingest = false;
  REQUIRE(st.start());
  CHECK(st.get("/ingest/next").status == 404);
  CHECK(st.lines().empty());
  CHECK(st.stop() == 0);
}

TEST_CASE("query: too many at once are told 429, and clients that leave make room", "[node]") {
  one_node n;
  n.world.net().set_window(4096);
  REQUIRE(n.start());
  REQUIRE(n.send(n.fast(), joined(many(2000, 100))));
  std::vector<std::unique_ptr<env::stream>> waiting;
  for (std::size_t i = 0; i < node::queries_max; ++i) {
    waiting.push_back(ask_and_wait(n, query_target("")));
  }
  n.world.run_for(1s);
  CHECK(n.get(query_target("q=absent")).status == 429);
  CHECK(n.number("oklog_store_queries_refused_total") == 1);
  CHECK(n.send(n.durable(), "still taken\n"));
  waiting.clear();
  n.world.run_for(1s);
  CHECK(n.lines("q=still") == lines{"still taken"});
  CHECK(n.number("oklog_api_clients_gone_total") == static_cast<double>(node::queries_max));
}

TEST_CASE("query: an answer that breaks off never looks complete", "[node]") {
  one_node n;
  n.world.net().set_window(4096);
  n.config.drain_timeout = 1s;
  REQUIRE(n.start());
  REQUIRE(n.send(n.fast(), joined(many(5000, 100))));
  http::client asker(n.client.env());
  auto got = n.world.run(asker.get(n.api() + query_target("")));
  REQUIRE(got);
  n.begin_stop();
  n.world.run_for(10s);
  CHECK_FALSE(n.world.run(got->read_all(100'000'000)));
}

TEST_CASE("D9, K20: a damaged block makes the answer partial, and says so", "[node]") {
  one_node n;
  REQUIRE(n.start());
  REQUIRE(n.send(n.fast(), joined(many(3000, 300))));
  n.consume_everything();
  CHECK(n.stop() == 0);
  const auto files = store_files(n);
  REQUIRE(files.size() == 1);
  const std::size_t size = n.host.disk().contents(files[0])->size();
  n.host.disk().bit_flip(files[0], size / 3, 3);
  REQUIRE(n.start());
  const answer a = n.get(query_target("q=x"));
  CHECK(a.status == 200);
  CHECK(a.complete);
  CHECK(a.trailer("X-Oklog-Coverage") == "partial");
  const auto summary = nlohmann::json::parse(a.trailer("X-Oklog-Summary"));
  CHECK(summary["errors"] >= 1);
  CHECK(summary["missing"].size() >= 1);
  for (const found& f : parse_records(a.body)) REQUIRE(f.line.ends_with(std::string(300, 'x')));
}

TEST_CASE("K20: a file that was quarantined makes every answer partial", "[node]") {
  one_node n;
  REQUIRE(n.start());
  REQUIRE(n.send(n.fast(), "one\ntwo\n"));
  n.consume_everything();
  CHECK(n.stop() == 0);
  const auto files = store_files(n);
  REQUIRE(files.size() == 1);
  n.host.disk().bit_flip(files[0], n.host.disk().contents(files[0])->size() - 20, 1);
  n.host.disk().plant_file("/data/store/my-backup.flushed", "mine");
  REQUIRE(n.start());
  const answer a = n.get(query_target(""));
  CHECK(a.status == 200);
  CHECK(a.header("X-Oklog-Coverage") == "partial");
  CHECK(a.trailer("X-Oklog-Coverage") == "partial");
  CHECK(n.number("oklog_store_quarantined_files") == 1);
  n.world.run_for(2min);
  CHECK(n.host.disk().contents("/data/store/my-backup.flushed") == "mine");
}

TEST_CASE("ingest: OKLOG/2 is answered with ERR 501 and a close, and nothing is stored", "[node]") {
  one_node n;
  REQUIRE(n.start());
  for (const env::endpoint& to : {n.fast(), n.durable()}) {
    const auto s = n.connect(to);
    n.write(*s, "OKLOG/2 stream=0123456789 ack=durable\nline\n");
    char said[200];
    const auto got = n.world.run(s->read_some(said, sizeof said));
    REQUIRE(got);
    CHECK(std::string(said, *got).starts_with("ERR 501 "));
    const auto closed = n.world.run(s->read_some(said, sizeof said));
    CHECK((!closed || *closed == 0));
  }
  CHECK(n.lines().empty());
  REQUIRE(n.send(n.fast(), "OKLOG/1 is a line\nOKLOG/2 in the second line too\n"));
  CHECK(n.lines().size() == 2);
}

TEST_CASE("ingest: connections over the limit are refused, those before live on", "[node]") {
  one_node n;
  REQUIRE(n.start());
  std::vector<std::unique_ptr<env::stream>> open;
  for (std::size_t i = 0; i < node::connections_max; ++i) open.push_back(n.connect(n.fast()));
  CHECK_FALSE(n.send(n.fast(), "one too many\n"));
  n.write(*open[7], "old\n");
  n.world.run_for(100ms);
  CHECK(n.lines("q=old") == lines{"old"});
  open.resize(10);
  n.world.run_for(1s);
  CHECK(n.send(n.fast(), "room again\n"));
}
