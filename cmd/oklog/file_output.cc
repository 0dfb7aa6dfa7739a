#include "cmd/oklog/file_output.h"

#include <algorithm>

#include "cmd/oklog/printer.h"
#include "cmd/oklog/query_request.h"
#include "oklog/query/json_line.h"
#include "oklog/query/terminal.h"

namespace oklog::cmd {
namespace {

piece_wants wants_of(const query_options& o, std::uint64_t skip) {
  if (o.count) return piece_wants::count;
  const bool in_order = o.pattern.json() || o.context_wanted().wanted() || o.first || skip > 0;
  return in_order ? piece_wants::hits : piece_wants::lines;
}

grep::hit_lines_options lines_of(const query_options& o, std::uint64_t skip) {
  const context_lines c = o.context_wanted();
  grep::hit_lines_options l;
  l.before = c.before;
  l.after = c.after;
  l.skip = skip;
  l.limit = o.first.value_or(no_limit);
  l.numbers = o.pattern.json();
  return l;
}

}  // namespace

file_output::file_output(const query_options& o, std::vector<named_file> files, bool names,
                         std::uint64_t skip)
    : options_(o),
      look_(make_painter(o.pattern)),
      files_(std::move(files)),
      names_(names),
      wants_(wants_of(o, skip)),
      lines_(lines_of(o, skip), [this](const grep::shown_line& line) { show(line); }) {}

void file_output::append_name(std::string& out, std::size_t file, char separator) const {
  if (!names_) return;
  look_.part(out, files_[file].name, line_part::name);
  look_.separator(out, separator);
}

void file_output::print(std::size_t file, searched_piece& found) const {
  const std::string_view text = found.text;
  if (!names_ && look_.plain()) {
    // Lines that follow each other are copied at once.
    for (std::size_t i = 0; i < found.hits.size();) {
      const std::size_t begin = found.hits[i].begin;
      std::size_t end = begin;
      while (i < found.hits.size() && found.hits[i].begin == end) {
        end += found.hits[i++].size + std::size_t{1};
      }
      found.lines.append(text, begin, end - begin);
    }
    return;
  }
  for (const line_hit& hit : found.hits) {
    append_name(found.lines, file, ':');
    look_.line(found.lines, text.substr(hit.begin, hit.size), false);
    found.lines += '\n';
  }
}

bool file_output::begin_file(std::size_t file) {
  file_ = file;
  in_file_ = 0;
  lines_.begin_file();
  return true;
}

bool file_output::take(std::size_t, const searched_piece& found) {
  text_bytes_ += found.text.size();
  if (wants_ == piece_wants::hits) {
    lines_.feed(found.text, found.hits);
    matches_ = lines_.shown();
    return flush(write_bytes) && !lines_.done();
  }
  const std::uint64_t left = options_.first.value_or(no_limit) - matches_;
  const std::uint64_t counted = std::min(found.matches, left);
  matches_ += counted;
  in_file_ += counted;
  out_ += found.lines;
  return flush(write_bytes);
}

void file_output::show(const grep::shown_line& line) {
  if (options_.pattern.json()) {
    append_json(line);
    return;
  }
  if (line.after_gap) look_.gap(out_);
  append_name(out_, file_, line.context ? '-' : ':');
  look_.line(out_, line.text, line.context);
  out_ += '\n';
}

void file_output::append_json(const grep::shown_line& line) {
  out_ += "{\"file\":";
  append_json_text(out_, files_[file_].name);
  out_ += ",\"number\":" + std::to_string(line.number) + ",";
  append_json_line(out_, line.text);
  out_ += line.context ? ",\"context\":true}\n" : "}\n";
}

bool file_output::end_file(std::size_t file) {
  if (!options_.count) return true;
  append_name(out_, file, ':');
  out_ += std::to_string(in_file_) + "\n";
  return flush(write_bytes);
}

void file_output::trouble(std::size_t file, const std::string& why) {
  (void)flush(1);  // in order, where both go to a terminal
  partial_ = true;
  (void)complain(printable(files_[file].name) + ": " + printable(why));
}

bool file_output::flush(std::size_t least) {
  if (out_.size() < least) return !unread_;
  unread_ = unread_ || !write_out(out_);
  out_.clear();
  return !unread_;
}

int file_output::finish() {
  if (!flush(1)) return exit_done;
  if (partial_ && !options_.allow_partial) return exit_partial;
  return matches_ > 0 ? exit_done : exit_failed;
}

}  // namespace oklog::cmd
