#!/bin/sh
# SPDX-License-Identifier: MIT
# check_floors.sh: fails when a file includes something from a higher floor, or a folder has no floor.
# docs/floors says "<folder>: <folders or single headers it may include>".
set -eu
bad=0
while IFS=: read -r from allowed; do
        case $from in '' | \#*) continue ;; esac
        [ -d "$from" ] || continue
        for file in $(find "$from" -maxdepth 1 -name '*.[ch]' | sort); do
                for inc in $(sed -n 's/^#include "\(.*\)"$/\1/p' "$file"); do
                        ok=no
                        for a in $allowed; do
                                if [ "$inc" = "$a" ] || [ "$(dirname "$inc")" = "$a" ]; then ok=yes; fi
                        done
                        [ $ok = yes ] || { echo "$file: may not include $inc"; bad=1; }
                done
        done
done < docs/floors
for dir in $(find base drivers sync agent -name '*.[ch]' -exec dirname {} + | sort -u); do
        grep -q "^$dir:" docs/floors || { echo "$dir: has no line in docs/floors"; bad=1; }
done
[ $bad = 1 ] || echo "floors: ok"
exit $bad
