// A piece that another store has written, copied here: replication, and later repair.
//
//   auto r = log.begin_receive(where);      // loop
//   r.append(bytes) ...; r.finish(hash);    // pool
//   log.end_receive(std::move(r));          // loop: the piece is live and queryable
//
// Nothing of what arrives is believed: the piece is published only where its bytes have the hash
// that was announced, and every block, the order, the ids and the footer have been checked (K24).
// Success of end_receive means: on this disk, file and directory synced.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "oklog/segment/store_segment.h"
#include "oklog/store/compact.h"

namespace oklog {

inline constexpr std::uint64_t piece_bytes_max = 1ULL << 30;

// Removes pieces that were staged for others.
struct discard_job {
  env::filesystem* fs;
  std::vector<std::string> paths;
  std::vector<error> errors;  // after run(): what is left until the next start
  void run();                 // blocking
};

class receive_job {
 public:
  receive_job(env::filesystem& fs, std::string dir, const partition& where, std::string unique);
  ~receive_job();  // removes what was not published
  receive_job(receive_job&&) noexcept;

  // Blocking. Error: invalid beyond piece_bytes_max, no_space, io.
  result<> append(std::string_view bytes);
  // Blocking. `hash`: of the piece, as whoever wrote it named it (store_footer::file_hash). Error:
  // corruption, where it is not that piece or not sound; io.
  result<> finish(const hash128& hash);

 private:
  friend class store_log;
  result<> create();
  result<> publish(const hash128& hash);

  env::filesystem* fs_;
  std::string dir_;
  partition where_;
  std::string unique_;
  std::string temporary_;
  std::unique_ptr<env::file> file_;
  std::uint64_t bytes_ = 0;
  segment_ptr done_;
};

}  // namespace oklog
