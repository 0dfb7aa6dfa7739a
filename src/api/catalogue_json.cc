#include <nlohmann/json.hpp>

#include "api/hex.h"
#include "api/json_reader.h"
#include "oklog/api/catalogue_api.h"
#include "oklog/segment/names.h"

namespace oklog::api {
namespace {

using json = nlohmann::json;
using written_json = nlohmann::ordered_json;

written_json describe(const catalogue_partition& p, catalogue_detail d) {
  written_json j;
  j["window"] = p.where.window;
  j["shard"] = p.where.shard;
  j["count"] = p.digest.count;
  j["sum"] = to_hex(p.digest.sum);
  j["bytes"] = p.bytes;
  j["settled"] = p.settled;
  if (p.damaged) j["damaged"] = true;
  if (p.releasing) j["releasing"] = true;
  if (d == catalogue_detail::partitions) return j;
  written_json segments = written_json::array();
  for (const catalogue_segment& s : p.segments) {
    written_json one;
    one["name"] = s.name;
    one["hash"] = to_hex(s.hash);
    one["records"] = s.records;
    one["bytes"] = s.bytes;
    one["min"] = format(s.min);
    one["max"] = format(s.max);
    if (s.damaged) one["damaged"] = true;
    segments.push_back(std::move(one));
  }
  j["segments"] = std::move(segments);
  return j;
}

bool read_segment(const json& j, const partition& where, catalogue_segment& s) {
  json_reader r(j);
  s.name = r.text("name");
  s.hash = r.hash("hash");
  s.records = r.number("records", ulid::seq_max);
  s.bytes = r.number("bytes", piece_bytes_max);
  s.min = r.id("min");
  s.max = r.id("max");
  s.damaged = j.contains("damaged") && r.flag("damaged");
  const auto name = parse_store_name(s.name);
  return r.good() && name && name->partition == where && name->state == segment_state::flushed;
}

bool read_partition(const json& j, catalogue_detail d, catalogue_partition& p) {
  json_reader r(j);
  p.where.window = r.number("window", ulid::ms_max / window_ms);
  p.where.shard = static_cast<std::uint32_t>(r.number("shard", ~std::uint32_t{0}));
  p.digest.count = r.number("count");
  p.digest.sum = r.hash("sum");
  p.bytes = r.number("bytes");
  p.settled = r.flag("settled");
  p.damaged = j.contains("damaged") && r.flag("damaged");
  p.releasing = j.contains("releasing") && r.flag("releasing");
  if (d == catalogue_detail::partitions) return r.good() && p.digest.count > 0;
  r.each("segments", [&p](const json& one) {
    p.segments.emplace_back();
    return read_segment(one, p.where, p.segments.back());
  });
  return r.good() && p.sound();
}

}  // namespace

std::string to_json(const store_catalogue& c, catalogue_detail d) {
  written_json j;
  j["store"] = c.store_id;
  j["floor"] = c.floor;
  written_json all = written_json::array();
  for (const catalogue_partition& p : c.partitions) all.push_back(describe(p, d));
  j["partitions"] = std::move(all);
  return j.dump(-1, ' ', false, written_json::error_handler_t::replace) + "\n";
}

result<store_catalogue> parse_catalogue(std::string_view text, catalogue_detail d) {
  const error wrong = fail(errc::corruption, "no catalogue of a store");
  if (text.size() > catalogue_bytes_max) return wrong;
  const json j = json::parse(text, nullptr, false);
  store_catalogue c;
  json_reader r(j);
  c.store_id = format(r.id("store"));
  c.floor = r.number("floor");
  r.each("partitions", [&c, d](const json& one) {
    c.partitions.emplace_back();
    const std::size_t n = c.partitions.size();
    const bool read = read_partition(one, d, c.partitions.back());
    return read && (n < 2 || c.partitions[n - 2].where < c.partitions[n - 1].where);
  });
  if (!r.good()) return wrong;
  return c;
}

}  // namespace oklog::api
