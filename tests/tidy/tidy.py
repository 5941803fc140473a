#!/usr/bin/env python3
"""Holds the tree against the house's rules: who may include whom, which room may know which outside
library, a purpose comment on every header, lines to 100 columns, files to 500 lines, no leftovers.

usage: tidy.py SOURCE_DIR      Prints one line a breach: file:line: what; exits 1 where there is one.
       tidy.py --self-test     Shows that each rule catches its breach.
"""
import re
import sys
import tempfile
from pathlib import Path

GROUND = {"base", "model"}
# Who may include whom, besides base and model (the design's table; CMakeLists.txt says the same to the
# linker).
ROOMS = {
    "base": set(),
    "model": {"base"},
    "json": set(),
    "crypto": set(),
    "settings": set(),
    "http": {"crypto"},
    "store": set(),
    "wire": set(),
    "apns": {"wire", "json", "crypto"},
    "smtp": {"wire", "crypto"},
    "reactor": {"wire", "crypto"},
    "directory": set(),
    "roster": {"store", "json", "directory"},
    "ledger": {"store"},
    "pipeline": {"wire", "ledger", "roster"},
    "registrar": {"http", "json", "crypto", "store"},
    "mdm": {"http", "json", "crypto", "store", "roster"},
    "service": {"json", "crypto", "settings", "http", "store", "wire", "apns", "smtp", "reactor",
                "directory", "roster", "ledger", "pipeline", "registrar", "mdm"},
    "console": {"http", "json", "crypto", "store", "service"},
    "cli": {"service", "console", "settings", "json", "http"},
}
LOADGEN = {"base", "model", "json", "crypto", "http", "wire", "reactor", "loadgen"}
# An outside library is known to these rooms alone.
OUTSIDE = {
    "liburing": {"reactor"},
    "nghttp2/": {"apns", "loadgen"},
    "openssl/": {"crypto"},
    "simdjson": {"json"},
    "nlohmann/": {"json"},
    "concurrentqueue/": {"pipeline"},
    "sqlite3": {"store"},
    "roaring/": {"base"},
    "zlib": {"base"},
    "idn2": {"smtp"},
    "ares": {"reactor"},
    "spdlog/": {"base"},
    "toml++/": {"settings", "loadgen"},
    "CLI/": {"cli", "loadgen"},
    "boost/": {"http"},
    "curl/": {"http"},
    "plist/": {"mdm", "loadgen"},
    "zip.h": {"roster"},
    "ldap.h": {"directory"},
    "lber.h": {"directory"},
    "prometheus/": {"console"},
}
PUBLIC_OK = {"array", "chrono", "cstdint", "functional", "memory", "optional", "string", "utility",
             "variant", "vector"}
LEFTOVER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
INCLUDE = re.compile(r'#include\s+([<"])([^>"]+)[>"]')
LINES_MAX = 500
COLUMNS_MAX = 100


def breaches_of_include(room, quote, name):
    if quote == '"':
        other = name.split("/")[0] if "/" in name else room
        if other == "muster":
            if room not in ("service", "console", "cli", "settings", "main"):
                yield f"{room} may not know the public headers"
        elif room == "loadgen":
            if other not in LOADGEN:
                yield f"loadgen may not include {other}/: a peer must not share the code under test"
        elif room == "main":
            if other not in ("cli", "base"):
                yield f"main.cc may include cli/ alone, not {other}/"
        elif other != room and other not in GROUND and other not in ROOMS.get(room, set()):
            yield f"{room} may not include {other}/"
        elif room in GROUND and other not in ({room} | ROOMS[room]):
            yield f"{room} may not include {other}/"
        return
    for library, rooms in OUTSIDE.items():
        if name.startswith(library) and room not in rooms:
            yield f"<{name}> is known to {', '.join(sorted(rooms))} alone"


def room_of(path, root):
    parts = path.relative_to(root).parts
    if parts[0] == "src":
        return parts[1] if len(parts) > 2 else "main"
    return parts[0]


def check(root):
    found = []
    files = [p for top in ("src", "include", "loadgen", "bench", "tests")
             for p in sorted((root / top).rglob("*")) if p.suffix in (".h", ".cc")]
    for path in files:
        room = room_of(path, root)
        where = path.relative_to(root)
        lines = path.read_text(encoding="utf-8").split("\n")
        if len(lines) - 1 > LINES_MAX:
            found.append(f"{where}:{LINES_MAX + 1}: over {LINES_MAX} lines")
        if path.suffix == ".h" and not lines[0].startswith("//"):
            found.append(f"{where}:1: a header opens with what it is for")
        if path.suffix == ".h" and "#pragma once" not in lines:
            found.append(f"{where}:1: no #pragma once")
        if room not in ROOMS and room not in ("include", "loadgen", "bench", "tests", "main"):
            found.append(f"{where}:1: room {room} is not in the table")
        for number, line in enumerate(lines, 1):
            if len(line) > COLUMNS_MAX:
                found.append(f"{where}:{number}: over {COLUMNS_MAX} columns")
            if LEFTOVER.search(line):
                found.append(f"{where}:{number}: a leftover mark")
            include = INCLUDE.match(line)
            if include is None:
                continue
            if room == "include":
                quote, name = include.groups()
                if quote == '"' and not name.startswith("muster/"):
                    found.append(f"{where}:{number}: a public header includes {name}")
                if quote == "<" and name not in PUBLIC_OK:
                    found.append(f"{where}:{number}: a public header includes <{name}>")
            elif room in ROOMS or room in ("loadgen", "main"):
                found += [f"{where}:{number}: {what}"
                          for what in breaches_of_include(room, *include.groups())]
    allowed = {"CMakeLists.txt", "CMakePresets.json", "src", "include", "bench", "loadgen", "tests",
               "config", "README.md", "build"}
    found += [f"{p.name}:1: not one of the visible top-level names"
              for p in root.iterdir() if not p.name.startswith(".") and p.name not in allowed]
    return found


def self_test():
    """Each planted breach must be found."""
    planted = {
        "src/apns/a.cc": '#include "reactor/reactor.h"\n',
        "src/ledger/a.cc": "#include <sqlite3.h>\n",
        "src/base/a.cc": '#include "model/id.h"\n',
        "src/wire/a.h": "#pragma once\n",
        "src/store/a.cc": "x" * 101 + "\n",
        "src/model/a.cc": "\n" * 501,
        "src/crypto/a.cc": "// TO" + "DO\n",
        "src/cellar/a.cc": "\n",
        "loadgen/a.cc": '#include "apns/session.h"\n',
        "include/muster/a.h": "// x\n#pragma once\n#include <tl/expected.hpp>\n",
        "extra.txt": "",
    }
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for path, text in planted.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        found = check(root)
    missed = [path for path in planted if not any(line.startswith(path + ":") for line in found)]
    for path in missed:
        print(f"tidy.py: the breach planted in {path} was not found")
    return 1 if missed else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    found = check(Path(sys.argv[1]).resolve())
    print("\n".join(found) if found else "tidy")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
