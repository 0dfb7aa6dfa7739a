#include "oklog/query/needed.h"

#include <catch2/catch.hpp>

using namespace oklog;

namespace {

using texts = std::vector<std::string>;
using literals = std::vector<needed_literal>;

needed of(const texts& patterns, const match_options& options) {
  auto m = matcher::make(patterns, options);
  REQUIRE(m);
  return needed::of(*m);
}

constexpr match_options as_is{};
constexpr match_options folding{.ignore_case = true};
constexpr match_options regex{.regex = true};

// may_match() of a text that holds those literals, by what they ask of a block of ASCII.
bool with(const needed& n, const texts& held) {
  std::vector<bool> present;
  for (const needed_literal& l : n.literals()) {
    REQUIRE(l.in_ascii.size() == 1);
    present.push_back(std::find(held.begin(), held.end(), l.in_ascii[0]) != held.end());
  }
  return n.may_match(present);
}

}  // namespace

TEST_CASE("needed: a literal as it is asks for the whole of itself everywhere (K22)", "[query]") {
  const texts whole{"task-\xc3\x89-\xff"};
  CHECK(of({"Task-\xc3\x89-\xff"}, as_is).literals() == literals{{whole, whole}});
}

TEST_CASE("needed: a literal in either case asks for pieces between what folds beyond ASCII (K22)",
          "[query]") {
  CHECK(of({"CONNECTED-\u00c9-Timeout-Ask"}, folding).literals() ==
        literals{{{"connected-", "-timeout-ask"}, {"connected-", "-timeout-a"}}});
  CHECK(of({"mes\u017fage-id"}, folding).literals() == literals{{{"age-id"}, {"age-id"}}});
  // Not UTF-8: only ASCII folds.
  CHECK(of({"KISS\xff"}, folding).literals() == literals{{{"kiss\xff"}, {"kiss\xff"}}});
}

TEST_CASE("needed: a regex asks for pieces, whatever RE2 makes of its cases (K22)", "[query]") {
  CHECK(of({"CAF\u00c9-NUMBER[0-9]"}, regex).literals()[0].in_ascii[0].starts_with("-number"));
  CHECK(of({"BACK-SLASH.*\\d"}, regex).literals() == literals{{{"back-slash"}, {}}});
  CHECK(of({"\u212aELVIN"}, regex).literals() == literals{{{"kelvin"}, {"elvin"}}});
}

TEST_CASE("needed: and, or and several patterns are asked as they stand", "[query]") {
  const needed tree = of({"(alpha1|beta22).*gamma3"}, regex);
  CHECK(tree.literals().size() == 3);
  CHECK(with(tree, {"alpha1", "gamma3"}));
  CHECK(with(tree, {"beta22", "gamma3"}));
  CHECK_FALSE(with(tree, {"alpha1", "beta22"}));
  CHECK_FALSE(with(tree, {"gamma3"}));
  for (const match_options& options : {as_is, folding, regex}) {
    const needed any = of({"alpha1", "beta22"}, options);
    CHECK(with(any, {"alpha1"}));
    CHECK(with(any, {"beta22"}));
    CHECK_FALSE(with(any, {}));
  }
}

TEST_CASE("needed: everything, where something short, anything or the rest is wanted", "[query]") {
  CHECK(of({}, as_is).everything());
  CHECK(of({""}, as_is).everything());
  CHECK(of({"four"}, as_is).everything());
  CHECK(of({"long enough", "four"}, as_is).everything());
  CHECK(of({"kisskiss"}, folding).literals() == literals{{{"kisskiss"}, {}}});
  CHECK(of({"\u00e9a\u00e9b"}, folding).everything());
  CHECK(of({"long enough"}, {.invert = true}).everything());
  CHECK(of({"long enough|x"}, regex).everything());
  CHECK(of({".*"}, regex).everything());
  CHECK(of({"(long enough)?"}, regex).everything());
  CHECK(of({"a"}, as_is).may_match({}));
}

TEST_CASE("needed: too many literals to ask for are not asked for", "[query]") {
  const auto alternatives = [](int count) {
    std::string pattern = "x[0-9]more0";
    for (int i = 1; i < count; ++i) pattern += "|x[0-9]more" + std::to_string(i);
    return of({pattern}, regex);
  };
  CHECK_FALSE(alternatives(9).everything());
  CHECK(alternatives(30).everything());
}
