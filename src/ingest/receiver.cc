#include "oklog/ingest/receiver.h"

#include <cstring>
#include <utility>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "oklog/base/assert.h"

namespace oklog::ingest {
namespace {

// Lines of many topics cost memory and header bytes beside their text: such a batch is sealed
// early.
constexpr std::size_t batch_runs_max = 8192;
constexpr std::size_t batch_topics_max = 1024;

std::uint64_t weight(const batch& b) {
  return b.bytes() + b.runs().size() * sizeof(id_run) + b.topics().size() * sizeof(std::string);
}

}  // namespace

receiver::receiver(receiver_options options, ingest_metrics& metrics)
    : options_(std::move(options)), metrics_(&metrics), open_(std::make_unique<batch>()) {}

std::uint64_t receiver::unwritten_bytes() const {
  return sealed_bytes_ + weight(*open_);
}

bool receiver::open_full() const {
  return open_->bytes() >= block_bytes_target || open_->runs().size() >= batch_runs_max ||
         open_->topics().size() >= batch_topics_max;
}

void receiver::seal() {
  if (open_->empty()) return;
  sealed_bytes_ += weight(*open_);
  sealed_.push_back({open_serial_, batch_ptr(std::move(open_)), open_durable_});
  if (open_durable_) ++sealed_durable_;
  open_ = std::make_unique<batch>();
  open_->reserve_like(*sealed_.back().records);
  open_durable_ = false;
  ++open_serial_;
  if (watch_) watch_(sealed_.back().records);
}

void receiver::seal_aged(boot_time now) {
  if (now >= seal_due()) seal();
}

void receiver::seal_durable() {
  if (open_durable_) seal();
}

boot_time receiver::seal_due() const {
  return open_->empty() ? boot_time::max() : open_since_ + batch_age_max;
}

void receiver::drop_written(std::uint64_t serial) {
  while (!sealed_.empty() && sealed_.front().serial <= serial) {
    sealed_bytes_ -= weight(*sealed_.front().records);
    if (sealed_.front().durable) --sealed_durable_;
    sealed_.pop_front();
  }
}

batch_ptr receiver::copy_open() const {
  return open_->empty() ? nullptr : std::make_shared<const batch>(*open_);
}

void receiver::begin_record(modality how, boot_time now) {
  if (open_->empty()) open_since_ = now;
  if (how == modality::durable) open_durable_ = true;
}

std::uint64_t receiver::add_lines(const ulid& first, std::string_view lines, std::uint32_t count,
                                  modality how, boot_time now) {
  ASSERT(!lines.empty() && lines.back() == '\n', "whole lines only");
  std::uint64_t seq = first.seq();
  std::uint64_t serial = open_serial_;
  while (!lines.empty()) {
    const std::size_t room = block_bytes_target - open_->bytes();  // > 0: a full one was sealed
    std::size_t size = lines.size();
    std::uint32_t n = count;
    if (size > room) {
      const void* cut = memrchr(lines.data(), '\n', room);
      if (cut == nullptr && !open_->empty()) {
        seal();
        continue;
      }
      if (cut == nullptr) cut = std::memchr(lines.data(), '\n', lines.size());
      size = static_cast<std::size_t>(static_cast<const char*>(cut) - lines.data()) + 1;
      n = count_line_feeds(lines.substr(0, size));
    }
    begin_record(how, now);
    open_->add_lines(first.ms(), first.stream(), seq, open_->topic_index(options_.topic),
                     lines.substr(0, size), n);
    serial = open_serial_;
    seq += n;
    count -= n;
    lines.remove_prefix(size);
    if (open_full()) seal();
  }
  ASSERT(count == 0, "the caller counted its lines");
  return serial;
}

std::uint64_t receiver::add_record(const ulid& id, std::string_view topic, std::string_view text,
                                   bool continuation, modality how, boot_time now) {
  if (!open_->empty() && open_->bytes() + text.size() + 1 > block_bytes_target) seal();
  begin_record(how, now);
  open_->add(id, open_->topic_index(topic), text, continuation);
  const std::uint64_t serial = open_serial_;
  if (open_full()) seal();
  return serial;
}

std::uint32_t count_line_feeds(std::string_view bytes) {
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t count = 0;
#ifdef __SSE2__
  const __m128i feed = _mm_set1_epi8('\n');
  while (left >= 16) {
    // A byte counts up to 255 before its sum must be taken.
    const std::size_t rounds = left / 16 < 255 ? left / 16 : 255;
    __m128i counts = _mm_setzero_si128();
    for (std::size_t i = 0; i < rounds; ++i, at += 16) {
      const __m128i chunk = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
      counts = _mm_sub_epi8(counts, _mm_cmpeq_epi8(chunk, feed));
    }
    left -= rounds * 16;
    const __m128i sums = _mm_sad_epu8(counts, _mm_setzero_si128());
    count += static_cast<std::uint64_t>(_mm_cvtsi128_si64(sums)) +
             static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_unpackhi_epi64(sums, sums)));
  }
#endif
  for (; left > 0; --left, ++at) count += *at == '\n' ? 1 : 0;
  return static_cast<std::uint32_t>(count);
}

}  // namespace oklog::ingest
