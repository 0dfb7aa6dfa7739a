// Walks one decoded block record by record. Owns the block.
#pragma once

#include <cstring>
#include <utility>

#include "oklog/record/batch.h"

namespace oklog {

class record_cursor {
 public:
  // REQUIRES: not empty.
  explicit record_cursor(batch records) : batch_(std::make_unique<batch>(std::move(records))) {
    read();
  }

  // Borrowed from the block.
  const record_view& get() const { return at_; }
  // False at the end.
  bool next() {
    position_ += at_.text.size() + 1;
    if (++record_ == batch_->records()) return false;
    if (++in_run_ == batch_->runs()[run_].count) {
      in_run_ = 0;
      ++run_;
    }
    read();
    return true;
  }

 private:
  void read() {
    const id_run& run = batch_->runs()[run_];
    const std::string& text = batch_->text();
    const std::size_t size = batch_->lengths().empty() ? line_size() : batch_->lengths()[record_];
    const auto& continued = batch_->continuations();
    at_.id = ulid::make(run.ms, run.stream, run.seq + in_run_);
    at_.topic = batch_->topics()[run.topic];
    at_.text = std::string_view(text).substr(position_, size);
    at_.continuation = continued_ < continued.size() && continued[continued_] == record_;
    if (at_.continuation) ++continued_;
  }
  std::size_t line_size() const {
    const char* from = batch_->text().data() + position_;
    const void* end = std::memchr(from, '\n', batch_->bytes() - position_);
    return static_cast<std::size_t>(static_cast<const char*>(end) - from);
  }

  std::unique_ptr<batch> batch_;  // its address stays, and with it the views, when this is moved
  record_view at_;
  std::size_t position_ = 0;
  std::size_t run_ = 0;
  std::size_t continued_ = 0;
  std::uint32_t in_run_ = 0;
  std::uint32_t record_ = 0;
};

}  // namespace oklog
