#include "cmd/oklog/flags.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <numeric>

namespace oklog::cmd {
namespace {

// Flags that mean another thing in another mode. What is exported for a node must not reach the
// forwarder or the query beside it, so their variables have the mode's name in front.
constexpr std::pair<std::string_view, std::string_view> ambiguous[] = {
    {"forward", "api"}, {"forward", "addr.file"}, {"query", "topic"}, {"stream", "topic"}};

std::string env_name(const std::string& verb, const std::string& flag) {
  const bool twice =
      std::find(std::begin(ambiguous), std::end(ambiguous),
                std::pair<std::string_view, std::string_view>(verb, flag)) != std::end(ambiguous);
  std::string s = "OKLOG_";
  for (const char c : twice ? verb + "." + flag : flag) {
    const bool letter = c >= 'a' && c <= 'z';
    s += letter ? static_cast<char>(c - 'a' + 'A') : (c == '.' || c == '-') ? '_' : c;
  }
  return s;
}

// Levenshtein's distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

result<std::uint64_t> parse_number(const std::string& text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [at, bad] = std::from_chars(text.data(), end, value);
  if (bad == std::errc() && at == end) return value;
  return fail(errc::invalid, "\"" + text + "\" is not a whole number");
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

// "-name", "--name", "-name=value" without its dashes; nothing where it is no flag.
std::optional<std::string_view> flag_text(const std::string& arg) {
  if (arg.size() < 2 || arg[0] != '-') return std::nullopt;
  return std::string_view(arg).substr(arg[1] == '-' ? 2 : 1);
}

}  // namespace

int say(const char* verb, const std::string& why, int code) {
  std::fprintf(stderr, "oklog %s: %s\n", verb, why.c_str());
  return code;
}

flags::flags(std::string verb, std::string summary, std::string arguments)
    : verb_(std::move(verb)), summary_(std::move(summary)), arguments_(std::move(arguments)) {
  app_.set_help_flag();
}

CLI::Option* flags::declare(const std::string& name, const std::string& preset,
                            const std::string& help, CLI::Option* option, bool takes_value) {
  // -C would share the variable of -c.
  const bool capital = name.size() == 1 && name[0] <= 'Z';
  if (!capital) option->envname(env_name(verb_, name));
  lines_.push_back({name, preset, help, takes_value, false});
  return option;
}

void flags::add(const std::string& name, std::string& value, const std::string& help) {
  declare(name, value, help, app_.add_option("--" + name, value, help))
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

void flags::add_parsed(const std::string& name, const std::string& preset, const std::string& help,
                       std::function<result<>(const std::string&)> read, bool takes_value) {
  auto checked = [name, read](const std::string& text) {
    if (auto r = read(text); !r) throw CLI::ValidationError("-" + name + ": " + r.error().what);
  };
  declare(name, preset, help, app_.add_option_function<std::string>("--" + name, checked, help),
          takes_value)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

// The words of Go's flag package.
void flags::add(const std::string& name, bool& value, const std::string& help) {
  const auto read = [&value](const std::string& text) -> result<> {
    const auto is_any = [&text](const std::vector<std::string>& words) {
      return std::find(words.begin(), words.end(), text) != words.end();
    };
    value = is_any({"true", "True", "TRUE", "t", "T", "1"});
    if (value || is_any({"false", "False", "FALSE", "f", "F", "0"})) return {};
    return fail(errc::invalid, "\"" + text + "\" is neither true nor false");
  };
  add_parsed(name, value ? "true" : "false", help, read, false);
}

void flags::add(const std::string& name, duration& value, const std::string& help) {
  add_parsed(name, format_duration(value), help, [&value](const std::string& text) -> result<> {
    TRY_LET(value, parse_duration(text));
    if (value >= duration::zero()) return {};
    return fail(errc::invalid, "\"" + text + "\" is negative");
  });
}

void flags::add(const std::string& name, std::uint64_t& value, const std::string& help) {
  add_parsed(name, std::to_string(value), help, [&value](const std::string& text) -> result<> {
    TRY_LET(value, parse_number(text));
    return {};
  });
}

void flags::add(const std::string& name, std::optional<std::uint64_t>& value,
                const std::string& help) {
  add_parsed(name, "", help, [&value](const std::string& text) -> result<> {
    TRY_LET(value, parse_number(text));
    return {};
  });
  lines_.back().number = true;
}

// As they were written: CLI11's own vectors take "{}" for an empty one.
void flags::add(const std::string& name, std::vector<std::string>& values,
                const std::string& help) {
  CLI::Option* option = app_.add_option(
      "--" + name,
      [&values, name, this](const CLI::results_t&) {
        values = app_.get_option("--" + name)->results();
        return true;
      },
      help);
  declare(name, "...", help, option)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
}

void flags::add_positional(const std::string& name, std::vector<std::string>& values,
                           const std::string& help) {
  app_.add_option(name, values, help);
  positional_ = true;
}

const flags::line* flags::find(std::string_view name) const {
  const auto at =
      std::find_if(lines_.begin(), lines_.end(), [name](const line& l) { return l.name == name; });
  return at == lines_.end() ? nullptr : &*at;
}

std::string flags::nearest(std::string_view name) const {
  const line* best = nullptr;
  std::size_t best_distance = std::max<std::size_t>(3, name.size() / 2) + 1;
  for (const line& l : lines_) {
    // A name that was typed half is near, however long the other half is.
    const std::size_t d =
        name.size() >= 3 && l.name.find(name) != std::string::npos ? 1 : distance(name, l.name);
    if (d < best_distance) {
      best = &l;
      best_distance = d;
    }
  }
  return best ? "; did you mean -" + best->name + "?" : "";
}

// "-iC3" is -i -C 3. Only digits may stand behind a letter, so that a name that was typed wrong is
// met with the name that was meant.
std::optional<flags::bundle> flags::read_letters(std::string_view letters) const {
  bundle out;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    const line* known = find(letters.substr(i, 1));
    if (!known) return std::nullopt;
    if (!known->takes_value) {
      out.emplace_back(known->name, "true");
      continue;
    }
    const std::string_view rest = letters.substr(i + 1);
    if (rest.empty()) {
      out.emplace_back(known->name, std::nullopt);
    } else if (known->number && all_digits(rest)) {
      out.emplace_back(known->name, std::string(rest));
    } else {
      return std::nullopt;
    }
    break;
  }
  return out;
}

// Nothing where its name is unknown.
std::optional<flags::bundle> flags::read_argument(const std::string& arg) const {
  const std::string_view text = *flag_text(arg);
  const std::size_t eq = text.find('=');
  const line* known = find(text.substr(0, eq));
  if (!known) return arg[1] == '-' ? std::nullopt : read_letters(text);
  bundle one(1, {known->name, std::nullopt});
  if (eq != text.npos) {
    one[0].second = text.substr(eq + 1);
  } else if (!known->takes_value) {
    one[0].second = "true";
  }
  return one;
}

// Everything becomes "--name value", which CLI11 reads without guessing.
result<std::vector<std::string>> flags::normalise(const std::vector<std::string>& args) const {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const auto text = flag_text(args[i]);
    if (args[i] == "--" || !text) {
      if (!positional_) return fail(errc::invalid, "unexpected argument \"" + args[i] + "\"");
      out.push_back(args[i]);
      continue;
    }
    const auto read = read_argument(args[i]);
    if (!read) {
      const std::string name(text->substr(0, text->find('=')));
      return fail(errc::invalid, "flag provided but not defined: -" + name + nearest(name));
    }
    for (const auto& [name, value] : *read) {
      out.push_back("--" + name);
      if (value) {
        out.push_back(*value);
      } else if (i + 1 < args.size()) {
        out.push_back(args[++i]);
      } else {
        return fail(errc::invalid, "flag needs an argument: -" + name);
      }
    }
  }
  return out;
}

std::optional<int> flags::parse(const std::vector<std::string>& args) {
  for (const std::string& arg : args) {
    if (arg == "-h" || arg == "-help" || arg == "--help") {
      std::fputs(usage().c_str(), stdout);
      return exit_done;
    }
  }
  auto plain = normalise(args);
  if (!plain) {
    std::fprintf(stderr, "oklog %s: %s\nRun 'oklog help %s' for its flags.\n", verb_.c_str(),
                 plain.error().what.c_str(), verb_.c_str());
    return exit_usage;
  }
  std::reverse(plain->begin(), plain->end());  // CLI11 takes them from the back
  try {
    app_.parse(*plain);
  } catch (const CLI::ParseError& e) {
    std::fprintf(stderr, "oklog %s: %s\n", verb_.c_str(), e.what());
    return exit_usage;
  }
  return std::nullopt;
}

int flags::wrong(const std::string& name, const std::string& why) const {
  std::fprintf(stderr, "oklog %s: -%s: %s\n", verb_.c_str(), name.c_str(), why.c_str());
  return exit_usage;
}

bool flags::given(const std::string& name) const {
  return app_.count("--" + name) > 0;
}

std::string flags::usage() const {
  std::string s = "USAGE\n  oklog " + verb_ + " " + arguments_ + "\n\n" + summary_ + "\n\nFLAGS\n";
  std::size_t name_width = 0;
  std::size_t preset_width = 0;
  for (const line& l : lines_) {
    name_width = std::max(name_width, l.name.size());
    preset_width = std::max(preset_width, l.preset.size());
  }
  std::vector<line> sorted = lines_;
  std::sort(sorted.begin(), sorted.end(),
            [](const line& a, const line& b) { return a.name < b.name; });
  for (const line& l : sorted) {
    s += "  -" + l.name + std::string(name_width - l.name.size() + 2, ' ') + l.preset +
         std::string(preset_width - l.preset.size() + 2, ' ') + l.help + "\n";
  }
  return s + "\n";
}

}  // namespace oklog::cmd
