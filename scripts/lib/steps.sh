# Sourced by the scripts: steps that say what they do, how long it took, and what went wrong.
#
#   step "build oklog" cmake --build ...
#
# On a terminal the last line of the command's output runs along behind the step; elsewhere one line a
# step is printed when it ends. The whole output is kept in $LOGS; on failure its end is shown.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
LOGS=${LOGS:-$top/build/logs}
mkdir -p "$LOGS"
steps_begun=$SECONDS
step_times=()

if [ -t 1 ]; then
  bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m' clear=$'\r\e[K'
else
  bold='' dim='' green='' red='' plain='' clear=''
fi

headline() { printf '%s%s%s\n' "$bold" "$*" "$plain"; }
say() { printf '  %s\n' "$*"; }

took() { # seconds -> 1m05s
  if [ "$1" -ge 60 ]; then printf '%dm%02ds' $(($1 / 60)) $(($1 % 60)); else printf '%ds' "$1"; fi
}

show_progress() { # log file, title: until killed
  local last
  while sleep 0.5; do
    last=$(tail -c 400 "$1" 2>/dev/null | tr '\r' '\n' | grep -v '^ *$' | tail -n 1 | tr -cd '[:print:]')
    printf '%s  … %s %s%.60s%s' "$clear" "$2" "$dim" "$last" "$plain"
  done
}

step() {
  local title=$1 log begun=$SECONDS watcher='' code=0
  shift
  log=$LOGS/$(printf '%.60s' "$title" | tr -c 'A-Za-z0-9' '-').log  # names have a limit
  if [ -t 1 ]; then show_progress "$log" "$title" & watcher=$!; fi
  "$@" >"$log" 2>&1 </dev/null || code=$?
  if [ -n "$watcher" ]; then kill "$watcher" 2>/dev/null; wait "$watcher" 2>/dev/null || true; fi
  local seconds=$((SECONDS - begun))
  step_times+=("$(printf '%7s  %s' "$(took $seconds)" "$title")")
  if [ $code -eq 0 ]; then
    printf '%s  %s✓%s %s %s%s%s\n' "$clear" "$green" "$plain" "$title" "$dim" "$(took $seconds)" "$plain"
    return 0
  fi
  printf '%s  %s✗%s %s (exit %d)\n' "$clear" "$red" "$plain" "$title" "$code"
  tail -n 60 "$log"
  printf '\nThe whole output: %s\n' "$log"
  return $code
}

print_times() {
  printf '\n%sTime of each part%s\n' "$bold" "$plain"
  printf '%s\n' "${step_times[@]}"
  printf '%7s  in all\n\n' "$(took $((SECONDS - steps_begun)))"
}
