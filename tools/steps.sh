# Sourced by the tools that run several steps: names each, times it, and sums up at the end.
# shellcheck shell=bash

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$'\e[1m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
else
  bold='' green='' red='' plain=''
fi
outcomes=()
failures=0

# Runs a command as the step of the given name; a failure is kept for the summary.
step() {
  local name="$1" from=$SECONDS outcome
  shift
  echo "${bold}== $name${plain}"
  if "$@"; then
    outcome="${green}ok    ${plain}"
  else
    outcome="${red}FAILED${plain}"
    failures=$((failures + 1))
  fi
  outcomes+=("$(printf '%s  %-8s %4d s' "$outcome" "$name" $((SECONDS - from)))")
}

# Prints the outcome of each step; the exit code says whether all went well.
summary() {
  echo "${bold}== summary${plain}"
  printf '%s\n' "${outcomes[@]}"
  [ "$failures" = 0 ]
}
