// Reads what another node has sent as JSON. Loop or pool.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "api/hex.h"
#include "oklog/base/ulid.h"

namespace oklog::api {

// Reads the members of one object; what is missing or of another kind is remembered.
class json_reader {
 public:
  explicit json_reader(const nlohmann::json& object) : object_(object), good_(object.is_object()) {}
  bool good() const { return good_; }

  std::uint64_t number(const char* key, std::uint64_t most = ~0ULL) {
    const nlohmann::json* value = member(key);
    if (value == nullptr || !value->is_number_unsigned()) return wrong<std::uint64_t>();
    const auto n = value->get<std::uint64_t>();
    return n <= most ? n : wrong<std::uint64_t>();
  }
  std::string text(const char* key) {
    const nlohmann::json* value = member(key);
    return value != nullptr && value->is_string() ? value->get<std::string>()
                                                  : wrong<std::string>();
  }
  hash128 hash(const char* key) {
    const auto h = parse_hash128(text(key));
    return h ? *h : wrong<hash128>();
  }
  ulid id(const char* key) {
    const auto u = parse_ulid(text(key));
    return u ? *u : wrong<ulid>();
  }
  bool flag(const char* key) {
    const nlohmann::json* value = member(key);
    return value != nullptr && value->is_boolean() ? value->get<bool>() : wrong<bool>();
  }
  // fn(element) for each; false ends it.
  template <class Fn>
  void each(const char* key, Fn fn) {
    const nlohmann::json* value = member(key);
    if (value == nullptr || !value->is_array()) {
      good_ = false;
      return;
    }
    for (const nlohmann::json& element : *value) {
      if (good_) good_ = fn(element);
    }
  }
  // fn(json_reader&) of the object there.
  template <class Fn>
  void object(const char* key, Fn fn) {
    const nlohmann::json* value = member(key);
    if (value == nullptr) {
      good_ = false;
      return;
    }
    json_reader inner(*value);
    fn(inner);
    good_ = good_ && inner.good();
  }

 private:
  template <class T>
  T wrong() {
    good_ = false;
    return T{};
  }
  const nlohmann::json* member(const char* key) {
    const auto at = good_ ? object_.find(key) : object_.end();
    return good_ && at != object_.end() ? &*at : nullptr;
  }
  const nlohmann::json& object_;
  bool good_;
};

}  // namespace oklog::api
