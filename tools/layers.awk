# Holds the package's targets and their files' imports to the picture (see check-layers).
#
# Reads three inputs, told apart by `part`: 1 the picture (row | target | brackets | products),
# 2 the JSON of `swift package describe`, 3 the Swift files. Prints one line per violation.
#
# Assignments on the command line set `part` before each input.

function trim(text) { gsub(/^[ \t]+|[ \t]+$/, "", text); return text }
function unquote(text) { gsub(/^[ \t]*"|",?[ \t]*$/, "", text); gsub(/\\\//, "/", text); return text }
function violation(text) { print text; violations++ }

# C modules are not brought along: only the targets that name them may import them.
function isC(name) { return name ~ /^C[A-Z]/ }

# Whether `target` may depend on `other`: `all`, named in its brackets, or brought by one of those.
function allowed(target, other,    work, count, i, name, names, n, seen) {
  if (brackets[target] ~ /(^| )all( |$)/) return 1
  count = split(brackets[target], work, " ")
  for (i = 1; i <= count; i++) {
    name = work[i]
    if (name == other) return 1
    if (name in seen || isC(name)) continue
    seen[name] = 1
    n = split(brackets[name], names, " ")
    for (; n > 0; n--) if (!isC(names[n])) work[++count] = names[n]
  }
  return 0
}

part == 1 {
  if (split($0, cell, "|") < 3) next
  name = trim(cell[2]); row[name] = trim(cell[1]); brackets[name] = trim(cell[3])
  products[name] = " " trim(cell[4]) " "
  next
}

# The describer's JSON is printed with one key or element per line, a target's keys six in.
part == 2 && /^  "targets" : \[/ { inTargets = 1; next }
part == 2 && !inTargets { next }
part == 2 && /^      "[a-z0-9_]+" : / {
  key = $1; gsub(/"/, "", key)
  value = $0; sub(/^[^:]*: /, "", value)
  if (key == "name") { target = unquote(value); targets[++targetCount] = target }
  if (key == "path") folderOf[unquote(value)] = target
  next
}
part == 2 && /^        "/ {
  if (key == "target_dependencies") declared[target] = declared[target] " " unquote($0)
  if (key == "product_dependencies") required[target] = required[target] " " unquote($0)
  next
}
part == 2 { next }

FNR == 1 {
  inString = 0
  owner = ""
  for (folder in folderOf) {
    start = index(FILENAME, "/" folder "/")
    if (start || index(FILENAME, folder "/") == 1) {
      if (length(folder) > length(owner ? found : "")) { owner = folderOf[folder]; found = folder }
    }
  }
}
{
  line = $0
  quotes = gsub(/"""/, "", line)
  opened = inString
  if (quotes % 2) inString = !inString
  if (opened || owner == "") next
}
/^[ \t]*((@[A-Za-z_]+(\([A-Za-z_, ]*\))?|public|package|internal|fileprivate|private)[ \t]+)*import[ \t]/ {
  where = FILENAME ":" FNR ": "
  if ($0 ~ /@testable/)
    violation(where owner " uses @testable; tests reach internals by package access")
  module = $0
  sub(/\/\/.*/, "", module)
  sub(/^.*import[ \t]+/, "", module)
  sub(/^(struct|class|enum|protocol|func|var|let|typealias|actor)[ \t]+/, "", module)
  sub(/[.; \t].*/, "", module)
  if (module ~ /^(Foundation|Glibc|Darwin|Synchronization|Testing|Runtime|Dispatch|Swift)$/) next
  if (index(declared[owner] required[owner] " ", " " module " ") == 0)
    violation(where owner " imports " module ", which its target does not depend on")
}

END {
  for (i = 1; i <= targetCount; i++) {
    target = targets[i]
    where = "Package.swift: "
    if (!(target in row)) {
      if (target !~ /Tests$/) { violation(where target " is not in the picture"); continue }
      row[target] = row["tests"]; brackets[target] = brackets["tests"]
    }
    count = split(declared[target], names, " ")
    for (j = 1; j <= count; j++) {
      name = names[j]
      if (!(name in row))
        violation(where target " depends on " name ", which is not in the picture")
      else if (row[name] >= row[target] && !(target ~ /Tests$/ && name == "TestSupport"))
        violation(where target " (row " row[target] ") depends on " name " (row " row[name] ")")
      else if (!allowed(target, name))
        violation(where target " depends on " name ", which the picture does not allow")
    }
    count = split(required[target], names, " ")
    for (j = 1; j <= count; j++)
      if (index(products[target], " " names[j] " ") == 0)
        violation(where target " depends on product " names[j] ", which the picture does not allow")
  }
  exit violations > 0
}
