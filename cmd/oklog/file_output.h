// What `oklog query -files` prints of text files.
#pragma once

#include <string>
#include <vector>

#include "cmd/oklog/file_grep.h"
#include "cmd/oklog/query_options.h"
#include "oklog/grep/hit_lines.h"

namespace oklog::cmd {

class file_output final : public grep_sink {
 public:
  // The first `skip` matches are left out: of -n. With `names` each line says its file.
  file_output(const query_options& o, std::vector<named_file> files, bool names,
              std::uint64_t skip);

  void print(std::size_t file, searched_piece& found) const override;
  bool take(std::size_t file, const searched_piece& found) override;
  bool begin_file(std::size_t file) override;
  bool end_file(std::size_t file) override;
  void trouble(std::size_t file, const std::string& why) override;

  // What the options want of each piece.
  piece_wants wants() const { return wants_; }
  // Writes what is left. The exit code.
  int finish();
  std::uint64_t matches() const { return matches_; }
  std::uint64_t text_bytes() const { return text_bytes_; }

 private:
  void append_name(std::string& out, std::size_t file, char separator) const;
  void show(const grep::shown_line& line);
  void append_json(const grep::shown_line& line);
  bool flush(std::size_t least);

  const query_options& options_;
  painter look_;
  std::vector<named_file> files_;
  bool names_;
  piece_wants wants_;
  grep::hit_lines lines_;
  std::size_t file_ = 0;
  std::uint64_t in_file_ = 0;  // matches that were counted
  std::uint64_t matches_ = 0;
  std::uint64_t text_bytes_ = 0;
  bool partial_ = false;
  bool unread_ = false;  // nobody reads our output any more
  std::string out_;
};

// Counts alone.
class match_counter final : public grep_sink {
 public:
  void print(std::size_t, searched_piece&) const override {}
  bool take(std::size_t, const searched_piece& found) override {
    matches_ += found.matches;
    return true;
  }
  bool begin_file(std::size_t) override { return true; }
  bool end_file(std::size_t) override { return true; }
  void trouble(std::size_t, const std::string&) override {}  // said when it is read again
  std::uint64_t matches() const { return matches_; }

 private:
  std::uint64_t matches_ = 0;
};

}  // namespace oklog::cmd
