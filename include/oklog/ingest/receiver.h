// The receiver: the one open batch that the lines of all connections go into, and the sealed
// batches that wait to be written.
//
// Loop thread only; pure memory. Each batch has a serial number, counted from 1: a connection knows
// the serial of the batch that holds its last line, and the ingest log says up to which serial
// everything is written (in the page cache) or synced (on disk). That pair is every promise there
// is.
//
// A batch is sealed at 256 KiB of text, at 50 ms of age, and at a sync point, which seals only a
// batch that holds waiting durable lines (rule K26).
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "oklog/base/time.h"
#include "oklog/ingest/metrics.h"
#include "oklog/record/batch.h"
#include "oklog/record/splitter.h"
#include "oklog/record/topic.h"

namespace oklog::ingest {

// fast: written within 50 ms. durable: on disk before more is read from that connection.
enum class modality { fast, durable };
enum class topic_mode { fixed, dynamic };

inline constexpr duration batch_age_max = std::chrono::milliseconds(50);
inline constexpr std::uint64_t unwritten_bytes_max = 16 * 1024 * 1024;

struct receiver_options {
  std::size_t line_bytes_max = line_bytes_max_default;
  std::string topic{default_topic};  // of every line, or of those that name none
  topic_mode mode = topic_mode::fixed;
};

using batch_ptr = std::shared_ptr<const batch>;

struct sealed_batch {
  std::uint64_t serial = 0;
  batch_ptr records;
  bool durable = false;  // somebody waits until it is on disk
};

class receiver {
 public:
  // `metrics` must outlive it.
  receiver(receiver_options options, ingest_metrics& metrics);

  const receiver_options& options() const { return options_; }

  // False at 16 MiB received and not yet written: read from no connection.
  bool may_read() const { return unwritten_bytes() < unwritten_bytes_max; }
  // Memory, not only text: runs and topics count too.
  std::uint64_t unwritten_bytes() const;

  // Seals the open batch where it is not empty.
  void seal();
  // The same, only where it is 50 ms old.
  void seal_aged(boot_time now);
  // The same, only where it holds waiting durable lines.
  void seal_durable();

  bool open_empty() const { return open_->empty(); }
  // When the open batch must be sealed; boot_time::max() while it is empty.
  boot_time seal_due() const;
  bool durable_waiting() const { return open_durable_ || sealed_durable_ > 0; }

  // Sealed, oldest first, serials without gaps. They stay here (for queries, and should the write
  // fail) until drop_written().
  const std::deque<sealed_batch>& sealed() const { return sealed_; }
  // Those up to `serial` are in a file.
  void drop_written(std::uint64_t serial);
  // The serial that the next line will get.
  std::uint64_t open_serial() const { return open_serial_; }

  // A copy of the open batch; nullptr while it is empty.
  batch_ptr copy_open() const;

  // Told of every batch when it is sealed: live streams. Called on the loop, must not block.
  void on_sealed(std::function<void(const batch_ptr&)> watch) { watch_ = std::move(watch); }

  // For line_source. Ids go up from `first`; each returns the serial that holds the last record.
  std::uint64_t add_lines(const ulid& first, std::string_view lines, std::uint32_t count,
                          modality how, boot_time now);
  std::uint64_t add_record(const ulid& id, std::string_view topic, std::string_view text,
                           bool continuation, modality how, boot_time now);

  void count_split_line() { metrics_->split_lines.add(); }
  void count_line_without_topic() { metrics_->lines_without_topic.add(); }

 private:
  void begin_record(modality how, boot_time now);
  bool open_full() const;

  receiver_options options_;
  ingest_metrics* metrics_;
  std::unique_ptr<batch> open_;
  std::uint64_t open_serial_ = 1;
  bool open_durable_ = false;
  boot_time open_since_{};
  std::deque<sealed_batch> sealed_;
  std::size_t sealed_durable_ = 0;
  std::uint64_t sealed_bytes_ = 0;
  std::function<void(const batch_ptr&)> watch_;
};

// Vectorised: a plain line costs about this much of the loop thread.
std::uint32_t count_line_feeds(std::string_view bytes);

}  // namespace oklog::ingest
