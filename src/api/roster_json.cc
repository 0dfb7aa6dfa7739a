#include <nlohmann/json.hpp>

#include "api/json_reader.h"
#include "oklog/api/roster_api.h"

namespace oklog::api {
namespace {

using cluster::ingester_entry;
using cluster::retirement;
using cluster::roster;
using cluster::store_entry;
using cluster::store_life;
using json = nlohmann::json;
using written_json = nlohmann::ordered_json;

constexpr std::size_t api_bytes_max = 256;

written_json lives(const std::vector<store_life>& all) {
  written_json list = written_json::array();
  for (const store_life& s : all) list.push_back({{"id", format(s.id)}, {"epoch", s.epoch}});
  return list;
}

written_json describe(const store_entry& e) {
  written_json j;
  j["id"] = format(e.id);
  j["epoch"] = e.epoch;
  j["revision"] = e.revision;
  j["starts"] = e.starts;
  j["factor"] = e.factor;
  j["proved"] = e.proved;
  j["admitted"] = e.admitted;
  j["draining"] = e.draining;
  if (e.full) j["full"] = true;
  j["floor"] = e.floor;
  j["api"] = e.api;
  j["gone"] = lives(e.gone);
  j["clean_knew"] = lives(e.clean_knew);
  return j;
}

written_json describe(const ingester_entry& e) {
  written_json j;
  j["id"] = format(e.id);
  j["starts"] = e.starts;
  j["handed_over"] = e.handed_over;
  j["low_water"] = {
      {"starts", e.low_water.starts}, {"uptime_ms", e.low_water.uptime_ms}, {"ms", e.low_water.ms}};
  j["given_up"] = e.given_up;
  j["given_up_ms"] = e.given_up_ms;
  j["api"] = e.api;
  return j;
}

bool read_lives(json_reader& r, const char* key, std::vector<store_life>& to) {
  r.each(key, [&to](const json& one) {
    json_reader s(one);
    to.push_back({s.id("id"), s.number("epoch")});
    return s.good() && to.size() <= cluster::roster_gone_max;
  });
  return r.good();
}

bool read_store(const json& j, roster& to) {
  json_reader r(j);
  store_entry e;
  e.id = r.id("id");
  e.epoch = r.number("epoch");
  e.revision = r.number("revision");
  e.starts = r.number("starts");
  e.factor = static_cast<std::uint8_t>(r.number("factor", 255));
  e.proved = static_cast<std::uint8_t>(r.number("proved", 255));
  e.admitted = r.flag("admitted");
  e.draining = r.flag("draining");
  e.full = j.contains("full") && r.flag("full");
  e.floor = r.number("floor");
  e.api = r.text("api");
  const bool read = read_lives(r, "gone", e.gone) && read_lives(r, "clean_knew", e.clean_knew);
  return read && e.factor > 0 && e.api.size() <= api_bytes_max && to.put(std::move(e));
}

bool read_ingester(const json& j, roster& to) {
  json_reader r(j);
  ingester_entry e;
  e.id = r.id("id");
  e.starts = r.number("starts");
  e.handed_over = r.flag("handed_over");
  r.object("low_water", [&e](json_reader& low) {
    e.low_water = {low.number("starts"), low.number("uptime_ms"), low.number("ms", ulid::ms_max)};
  });
  e.given_up = r.number("given_up");
  e.given_up_ms = r.number("given_up_ms", ulid::ms_max);
  e.api = r.text("api");
  return r.good() && e.api.size() <= api_bytes_max && to.put(e);
}

bool read_retired(const json& j, roster& to) {
  json_reader r(j);
  const ulid id = r.id("id");
  const retirement what{r.number("epoch"), r.number("loss_ms", ulid::ms_max)};
  return r.good() && to.retire(id, what);
}

}  // namespace

std::string to_json(const roster& r) {
  written_json j;
  j["stores"] = written_json::array();
  for (const auto& [id, e] : r.stores()) j["stores"].push_back(describe(e));
  j["ingesters"] = written_json::array();
  for (const auto& [id, e] : r.ingesters()) j["ingesters"].push_back(describe(e));
  j["retired"] = written_json::array();
  for (const auto& [id, what] : r.retirements()) {
    j["retired"].push_back({{"id", format(id)}, {"epoch", what.epoch}, {"loss_ms", what.loss_ms}});
  }
  return j.dump(-1, ' ', false, written_json::error_handler_t::replace) + "\n";
}

result<roster> parse_roster(std::string_view text) {
  const error wrong = fail(errc::corruption, "no roster");
  if (text.size() > roster_bytes_max) return wrong;
  const json j = json::parse(text, nullptr, false);
  roster read;
  json_reader r(j);
  r.each("stores", [&read](const json& one) { return read_store(one, read); });
  r.each("ingesters", [&read](const json& one) { return read_ingester(one, read); });
  r.each("retired", [&read](const json& one) { return read_retired(one, read); });
  if (!r.good()) return wrong;
  return read;
}

}  // namespace oklog::api
