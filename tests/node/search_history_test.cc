// Histories of searches that would swallow a match, or pass a block over that holds one, if it were
// not for the rule that each names.
#include "node/some_nodes.h"

namespace oklog::node_test {
namespace {

// The same of what is consumed and of what is not.
void check_counts(some_nodes& c, const std::vector<std::pair<std::string, int>>& questions) {
  for (const bool consumed : {false, true}) {
    if (consumed) {
      c.consume();
      REQUIRE(c.consume_everything());
    }
    for (const auto& [question, count] : questions) {
      INFO(question << (consumed ? ", consumed" : ", unconsumed"));
      CHECK(lines_in(c.same(question)) == static_cast<std::size_t>(count));
      CHECK(c.same(question + "&count") == std::to_string(count) + "\n");
    }
  }
}

}  // namespace

TEST_CASE("K21: a match that runs over a line's end does not swallow the line that matches",
          "[node][cluster]") {
  some_nodes c(3);
  std::string lines;
  for (int i = 0; i < 40; ++i) lines += "a first\nan a, then c\nneither\nb, c\n";
  c.send(0, lines);
  check_counts(c, {{"q=a%5B%5Eb%5D*c&regex", 40},
                   {"q=(%3Fs)a.*c&regex", 40},
                   {"q=first%5CsA%3Fan&regex", 0},
                   {"q=%5CAb%2C&regex", 40},
                   {"q=first%5Cz&regex", 40},
                   {"q=a%5B%5Eb%5D*c&regex&invert", 120}});
}

TEST_CASE("K22: what folds beyond ASCII is found where filters pass blocks over",
          "[node][cluster]") {
  some_nodes c(3);
  c.send(0, "order CAF\u00c9-7 is open\n" + numbered(0, 50));
  c.send(1, "heated by 300 \u212aelvin today\n" + numbered(50, 100));
  c.send(2, "plain kelvin and caf\u00e9-8\n" + numbered(100, 150));
  check_counts(c, {{"q=CAF%C3%89-%5B0-9%5D&regex", 1},
                   {"q=caf%C3%A9-7&i", 1},
                   {"q=(%3Fi)caf%C3%A9-%5B0-9%5D&regex", 2},
                   {"q=(%3Fi)kelvin&regex", 2},
                   {"q=KELVIN&i", 2},
                   {"q=kelvin", 1},
                   {"q=no+such+text", 0}});
  // They do pass some over.
  const answer a = c.query(0, "q=no+such+text");
  CHECK_FALSE(has(a.trailer("X-Oklog-Summary"), "\"skipped_by_filter\":0"));
}

}  // namespace oklog::node_test
