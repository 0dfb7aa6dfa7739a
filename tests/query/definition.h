// What a match is, the long way: each record alone, with RE2 or a plain comparison (rule K21).
#pragma once

#include <re2/re2.h>

#include <memory>
#include <string>
#include <vector>

#include "oklog/base/ascii.h"
#include "oklog/record/batch.h"
#include "query/random_patterns.h"

namespace oklog {

// One record a line, under one topic.
inline batch batch_of(const std::vector<std::string>& lines) {
  batch b;
  const std::uint32_t topic = b.topic_index("default");
  std::uint64_t seq = 0;
  for (const std::string& line : lines) b.add(ulid::make(1000, 7, ++seq), topic, line);
  return b;
}

// Says of one record whether it matches, the long way.
class definition {
 public:
  explicit definition(const random_case& c) : case_(c) {
    for (const std::string& pattern : c.patterns) {
      re2::RE2::Options options;
      options.set_log_errors(false);
      std::string text = c.options.regex ? pattern : re2::RE2::QuoteMeta(pattern);
      if (c.options.ignore_case) text = "(?i)" + text;
      all_.push_back(std::make_unique<re2::RE2>(text, options));
      valid_ = valid_ && (all_.back()->ok() || !c.options.regex);
    }
  }
  bool valid() const { return valid_; }

  bool matches(const std::string& record) const {
    bool any = false;
    for (std::size_t i = 0; i < all_.size(); ++i) any = any || matches(i, record);
    return any != case_.options.invert;
  }

 private:
  bool matches(std::size_t i, const std::string& record) const {
    const std::string& pattern = case_.patterns[i];
    if (!case_.options.regex && !case_.options.ignore_case) {
      return record.find(pattern) != std::string::npos;
    }
    if (all_[i]->ok()) return re2::RE2::PartialMatch(record, *all_[i]);
    return fold_ascii(record).find(fold_ascii(pattern)) != std::string::npos;  // not UTF-8
  }

  const random_case& case_;
  std::vector<std::unique_ptr<re2::RE2>> all_;
  bool valid_ = true;
};

}  // namespace oklog
