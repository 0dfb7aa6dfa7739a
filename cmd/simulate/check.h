// The goals for membership, over fixed seeds, quickly: what a change must not make worse. Prints a
// line a goal. Returns the exit code: 1 where one is missed.
#pragma once

namespace oklog::simulate {

int check_gossip();

}  // namespace oklog::simulate
