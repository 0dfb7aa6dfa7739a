#include "oklog/cluster/rules.h"

#include <catch2/catch.hpp>

#include "cluster/lone_swim.h"
#include "oklog/cluster/suspicion.h"

using namespace oklog;
using namespace std::chrono_literals;
using cluster::id_of;
using cluster::rules;
using cluster::suspicion;

namespace {

constexpr boot_time t0{5h};

}  // namespace

TEST_CASE("suspicion: it is shortened by confirmations as memberlist's test says") {
  using cluster::suspicion_timeout;
  CHECK(suspicion_timeout(2s, 30s, 0, 3) == 30s);
  CHECK(suspicion_timeout(2s, 30s, 1, 3) - 2s == 14s);
  CHECK(suspicion_timeout(2s, 30s, 2, 3) - 3s == 4810ms);
  CHECK(suspicion_timeout(2s, 30s, 3, 3) - 4s == -2s);
}

TEST_CASE("suspicion: where nobody can confirm, the shortest time is given at once") {
  CHECK(cluster::suspicion_timeout(2s, 30s, 0, 0) == 2s);
  const suspicion s(id_of(1), t0, 2s, 30s, 0);
  CHECK(s.deadline() == t0 + 2s);
}

TEST_CASE("suspicion: neither the accuser nor a voice heard before confirms it") {
  suspicion s(id_of(1), t0, 2s, 30s, 3);
  CHECK_FALSE(s.confirm(id_of(1)));
  CHECK(s.confirm(id_of(2)));
  CHECK_FALSE(s.confirm(id_of(2)));
  CHECK(s.deadline() == t0 + 16s);
}

TEST_CASE("suspicion: more confirmations than wanted change nothing") {
  suspicion s(id_of(1), t0, 2s, 30s, 2);
  CHECK(s.confirm(id_of(2)));
  CHECK(s.confirm(id_of(3)));
  CHECK(s.deadline() == t0 + 2s);
  CHECK_FALSE(s.confirm(id_of(4)));
  CHECK(s.confirmers().size() == 2);
}

TEST_CASE("suspicion: a late confirmation may put the end into the past") {
  suspicion s(id_of(1), t0, 2s, 30s, 1);
  CHECK(s.deadline() == t0 + 30s);
  CHECK(s.confirm(id_of(2)));
  CHECK(s.deadline() < t0 + 20s);
}

TEST_CASE("rules: the time of a suspect grows with the logarithm of the members, from 10 on") {
  rules r;
  r.suspicion_mult = 4;
  CHECK(cluster::suspicion_min(r, 1) == 4s);
  CHECK(cluster::suspicion_min(r, 5) == 4s);
  CHECK(cluster::suspicion_min(r, 10) == 4s);
  CHECK(cluster::suspicion_min(r, 50) / 1ms == 6795);
  CHECK(cluster::suspicion_min(r, 100) == 8s);
  CHECK(cluster::suspicion_min(r, 500) / 1ms == 10795);
  CHECK(cluster::suspicion_min(r, 1000) / 1ms == 12000);
}

TEST_CASE("rules: news is sent mult * ceil(log10(n + 1)) times") {
  rules r;
  r.retransmit_mult = 3;
  r.retransmit_min = 0;
  r.retransmit_min = 0;
  CHECK(cluster::retransmit_limit(r, 0) == 0);
  CHECK(cluster::retransmit_limit(r, 1) == 3);
  CHECK(cluster::retransmit_limit(r, 99) == 6);
  CHECK(cluster::retransmit_limit(r, 100) == 9);
  r.retransmit_min = 8;
  CHECK(cluster::retransmit_limit(r, 1) == 8);
  CHECK(cluster::retransmit_limit(r, 100) == 9);
}

TEST_CASE("rules: beyond 32 members tables are compared less often") {
  const rules r;
  CHECK(cluster::sync_interval(r, 32) == 30s);
  CHECK(cluster::sync_interval(r, 33) == 60s);
  CHECK(cluster::sync_interval(r, 64) == 60s);
  CHECK(cluster::sync_interval(r, 65) == 90s);
  CHECK(cluster::sync_interval(r, 128) == 90s);
}

TEST_CASE("rules: no confirmation is wanted where there are not enough members for it") {
  const rules r;
  CHECK(cluster::confirmations_wanted(r, 2) == 0);
  CHECK(cluster::confirmations_wanted(r, 3) == 0);
  CHECK(cluster::confirmations_wanted(r, 4) == 2);
  CHECK(cluster::confirmations_wanted(r, 1000) == 2);
}
