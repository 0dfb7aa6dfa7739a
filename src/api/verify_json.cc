// verify_api.h: the lines.
#include <nlohmann/json.hpp>

#include "oklog/api/verify_api.h"

namespace oklog::api {
namespace {

using json = nlohmann::json;
using written_json = nlohmann::ordered_json;

std::string line_of(const written_json& j) {
  return j.dump(-1, ' ', false, written_json::error_handler_t::replace) + "\n";
}

std::uint64_t number(const json& j, const char* key) {
  const auto at = j.find(key);
  return at != j.end() && at->is_number_unsigned() ? at->get<std::uint64_t>() : 0;
}
std::string text(const json& j, const char* key) {
  const auto at = j.find(key);
  return at != j.end() && at->is_string() ? at->get<std::string>() : "";
}

verify_damage read_damage(const json& j) {
  verify_damage d{text(j, "segment"), text(j, "partition"), {}};
  const auto what = j.find("damage");
  if (what == j.end() || !what->is_array()) return d;
  for (const json& sentence : *what) {
    if (sentence.is_string()) d.what.push_back(sentence.get<std::string>());
  }
  return d;
}

}  // namespace

std::string to_line(const verify_begun& e) {
  return line_of({{"store", e.store},
                  {"segments", e.segments},
                  {"bytes", e.bytes},
                  {"quarantined", e.quarantined}});
}

std::string to_line(const verify_progress& e) {
  return line_of({{"done_segments", e.segments}, {"done_bytes", e.bytes}});
}

std::string to_line(const verify_damage& e) {
  return line_of({{"segment", e.segment}, {"partition", e.partition}, {"damage", e.what}});
}

std::string to_line(const verify_end& e) {
  return line_of({{"end", true},
                  {"done_segments", e.done.segments},
                  {"done_bytes", e.done.bytes},
                  {"damaged", e.damaged},
                  {"unread", e.unread}});
}

bool read_line(std::string_view line, verify_answer& into) {
  const json j = json::parse(line, nullptr, false);
  if (!j.is_object()) return false;
  if (j.contains("store")) {
    into.begun = {text(j, "store"), number(j, "segments"), number(j, "bytes"),
                  number(j, "quarantined")};
    return !into.begun.store.empty();
  }
  if (j.contains("segment")) {
    into.damaged.push_back(read_damage(j));
    return true;
  }
  if (!j.contains("done_bytes")) return false;
  into.done = {number(j, "done_segments"), number(j, "done_bytes")};
  if (j.contains("end")) into.end = {into.done, number(j, "damaged"), number(j, "unread")};
  return true;
}

}  // namespace oklog::api
