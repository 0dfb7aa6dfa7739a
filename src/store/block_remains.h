// What can still be known of the records of a block, some bytes of which may be bad: their hashes,
// where it can be read; their ids, where its columns can; their texts, where only its header is
// bad; or nothing but what the footer says. It tells which records of others may be the block's;
// that they are is for count and sum to prove (rule K2).
#pragma once

#include <optional>
#include <set>
#include <string>

#include "oklog/base/hash.h"
#include "oklog/record/record.h"
#include "oklog/segment/block_ref.h"

namespace oklog {

hash128 hash_of(const record_view& r);

class block_remains {
 public:
  explicit block_remains(const block_ref& ref);
  block_remains(const block_remains&) = delete;
  block_remains& operator=(const block_remains&) = delete;

  // Whether a record of its topic, between its ids, may be one of its own.
  bool may_have(const record_view& r, const hash128& hash) const;
  // Nothing else can be.
  bool sure() const { return hashes_ || ids_; }

 private:
  bool has_text(std::string_view text) const;

  std::optional<std::set<hash128>> hashes_;
  std::optional<std::set<ulid>> ids_;
  std::optional<std::string> text_;
  std::set<std::string_view> lines_;  // of text_
};

}  // namespace oklog
