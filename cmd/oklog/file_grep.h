// Greps text files on all cores: pieces of a file, and several files, at the same time; what was
// found is handed out in the order of files and lines, in bounded memory.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cmd/oklog/file_set.h"
#include "oklog/env/env.h"
#include "oklog/grep/text_pieces.h"
#include "oklog/query/matcher.h"

namespace oklog::cmd {

// What is wanted of a piece besides the number of its matches.
enum class piece_wants { count, lines, hits };

// One piece, searched. Views are into its own buffers.
struct searched_piece {
  grep::text_piece piece;
  std::string buffer;
  std::string_view text;
  std::vector<line_hit> hits;  // where hits are wanted
  std::string lines;           // where lines are wanted: as they are printed
  std::uint64_t matches = 0;
  std::optional<error> failed;
};

// Takes what was found. Loop thread only.
class grep_sink {
 public:
  virtual ~grep_sink() = default;
  // On the pool, for several pieces at the same time: makes `lines` of hits.
  virtual void print(std::size_t file, searched_piece& found) const = 0;
  // From here on in order. False: nothing more is wanted.
  virtual bool take(std::size_t file, const searched_piece& found) = 0;
  virtual bool begin_file(std::size_t file) = 0;
  virtual bool end_file(std::size_t file) = 0;
  // The file, or the rest of it, could not be read; or lines were cut.
  virtual void trouble(std::size_t file, const std::string& why) = 0;
};

struct grep_task {
  std::vector<named_file> files;
  std::shared_ptr<const matcher> match;
  piece_wants wants = piece_wants::lines;
};

// Ends when all was handed out or the sink wants no more.
env::awaitable<void> grep_files(env::environment e, const grep_task& task, grep_sink& sink);

}  // namespace oklog::cmd
