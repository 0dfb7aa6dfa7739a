// make_lines BYTES keep|vary NEEDLES FILE...: log lines for measuring, on standard output.
//
// Cycles through the lines of FILEs (built-in samples where there are none), each with a fresh RFC
// 3339 nanosecond timestamp in front; "vary" also replaces every run of digits by others of the
// same length, since plain repetition compresses as nothing real does. NEEDLES lines, strewn
// evenly, end with "needle-<16 hex digits> seldom-<letters>", the letters being the first half of
// one word of the lines and the second half of another. The same arguments give the same bytes.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "bench/sample_lines.h"
#include "oklog/base/prng.h"
#include "oklog/base/time.h"

namespace {

using namespace oklog;

void append_lines_of(const char* path, std::vector<std::string>& lines) {
  std::FILE* in = std::fopen(path, "rb");
  if (in == nullptr) {
    std::fprintf(stderr, "make_lines: cannot read %s\n", path);
    std::exit(1);
  }
  std::string line;
  for (int c = std::fgetc(in); c != EOF; c = std::fgetc(in)) {
    if (c == '\n') {
      lines.push_back(line);
      line.clear();
    } else {
      line += static_cast<char>(c);
    }
  }
  if (!line.empty()) lines.push_back(line);
  std::fclose(in);
}

// One line of each file in turn, so that systems are mixed.
std::vector<std::string> source_lines(int count, char** paths) {
  std::vector<std::vector<std::string>> files(static_cast<std::size_t>(count));
  std::size_t longest = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    append_lines_of(paths[i], files[i]);
    longest = std::max(longest, files[i].size());
  }
  std::vector<std::string> mixed;
  for (std::size_t n = 0; n < longest; ++n) {
    for (const auto& file : files) {
      if (n < file.size()) mixed.push_back(file[n]);
    }
  }
  if (mixed.empty()) mixed.assign(std::begin(bench::sample_lines), std::end(bench::sample_lines));
  return mixed;
}

void append_varied(std::string& out, std::string_view line, prng& random) {
  std::uint64_t digits = 0;
  for (const char c : line) {
    if ((c < '0' || c > '9') && c != '#') {
      out += c;
      continue;
    }
    if (digits < 10) digits = random.next() >> 1;
    out += static_cast<char>('0' + digits % 10);
    digits /= 10;
  }
}

// "2026-11-20T20:46:46.123456789Z", written by hand: the nanoseconds change with every line.
void append_timestamp(std::string& out, std::uint64_t ns) {
  const std::string second =
      format_rfc3339(wall_time(std::chrono::seconds(1'763'000'000 + ns / 1'000'000'000)));
  char fraction[16];
  std::snprintf(fraction, sizeof fraction, ".%09lluZ ",
                static_cast<unsigned long long>(ns % 1'000'000'000));
  out.append(second, 0, second.size() - 1);
  out += fraction;
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Runs of 8 to 12 letters, as often as they are there: a random one is a frequent one.
std::vector<std::string> words_of(const std::vector<std::string>& lines) {
  std::vector<std::string> words;
  for (const std::string& line : lines) {
    std::size_t begin = 0;
    for (std::size_t i = 0; i <= line.size(); ++i) {
      if (i < line.size() && is_letter(line[i])) continue;
      if (i - begin >= 8 && i - begin <= 12) words.push_back(line.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  if (words.empty()) words.emplace_back("wordless");
  return words;
}

void append_needle(std::string& out, const std::vector<std::string>& words, prng& random) {
  char hex[32];
  std::snprintf(hex, sizeof hex, " needle-%016llx", static_cast<unsigned long long>(random.next()));
  const std::string& first = words[random.below(words.size())];
  const std::string& second = words[random.below(words.size())];
  out += hex;
  out += " seldom-";
  out.append(first, 0, first.size() / 2).append(second, second.size() / 2);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fputs("make_lines BYTES keep|vary NEEDLES [FILE...]\n", stderr);
    return 2;
  }
  const std::uint64_t bytes = std::strtoull(argv[1], nullptr, 10);
  const bool vary = std::string_view(argv[2]) == "vary";
  const std::uint64_t needles = std::strtoull(argv[3], nullptr, 10);
  const std::vector<std::string> lines = source_lines(argc - 4, argv + 4);
  const std::vector<std::string> words = words_of(lines);
  prng random(7);
  prng needle_random(11);
  std::string out;
  std::uint64_t written = 0;
  std::uint64_t ns = 0;
  std::uint64_t needles_done = 0;
  for (std::size_t n = 0; written + out.size() < bytes; ++n) {
    ns += 150'000 + random.below(100'000);
    append_timestamp(out, ns);
    const std::string& line = lines[n % lines.size()];
    if (vary || line.find('#') != std::string::npos) {
      append_varied(out, line, random);
    } else {
      out += line;
    }
    if (needles_done < needles &&
        written + out.size() >= (2 * needles_done + 1) * bytes / (2 * needles)) {
      append_needle(out, words, needle_random);
      ++needles_done;
    }
    out += '\n';
    if (out.size() >= (1 << 20)) {
      if (std::fwrite(out.data(), 1, out.size(), stdout) != out.size()) return 1;
      written += out.size();
      out.clear();
    }
  }
  return std::fwrite(out.data(), 1, out.size(), stdout) == out.size() ? 0 : 1;
}
