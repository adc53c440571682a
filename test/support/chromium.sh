#!/bin/sh
# Chromium without the pages behind its address bar, which nobody sees here: it loads three of them
# for each new window, and that takes longer than most tests' own pages. Of several
# --disable-features Chromium takes the last one only, so the names join those of playwright-core.
for word in "$@"; do
  shift
  case $word in
    --disable-features=*) word="$word,WebUIOmniboxPopup,WebUIOmniboxAimPopup" ;;
  esac
  set -- "$@" "$word"
done
exec /usr/bin/chromium "$@"
