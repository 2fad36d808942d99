#!/usr/bin/env python3
"""Rules of style that a machine can enforce."""

import os
import pathlib
import re
import shutil
import subprocess

from tap import Skip, equal, main

ROOT = pathlib.Path(__file__).resolve().parents[2]
BANNED = (
    "atoi|atol|atof|strtol|strtoul|sprintf|vsprintf|strcpy|strncpy|strcat|strncat|strtok|sscanf|"
    "gets|localtime|gmtime|alloca|system|popen"
)


def c_files():
    return [
        path
        for folder in ("app", "tests/unit", "tests/sim", "tests/bench/peers/plain")
        for path in sorted((ROOT / folder).glob("*.[ch]"))
    ]


def complain(found):
    equal(found, [])


def lines(paths):
    for path in paths:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            yield f"{path.relative_to(ROOT)}:{number}", line


def test_lines_have_at_most_100_columns():
    complain([place for place, line in lines(c_files()) if len(line.expandtabs(8)) > 100])


def test_no_banned_call():
    complain([
        place for place, line in lines(c_files()) if re.search(rf"\b({BANNED})\s*\(", line)
    ])


def test_no_typedef_of_structs_and_no_name_in_t():
    complain([
        place
        for place, line in lines(c_files())
        if re.search(r"\btypedef\s+(struct|enum|union)\b", line)
        or re.search(r"\b(struct|enum) \w+_t\b", line)
    ])


def test_no_assignment_hides_in_an_if():
    complain([
        place
        for place, line in lines(sorted((ROOT / "app").glob("*.c")))
        if re.search(r"\bif \((?!.*==).*[^=!<>]=[^=]", line)
    ])


def test_a_switch_over_an_enum_has_no_default():
    found = []
    for path in sorted((ROOT / "app").glob("*.c")):
        if path.name in ("connection.c", "json_check.c"):
            continue  # error numbers and bytes are no enums
        text = path.read_text()
        for match in re.finditer(r"^\tdefault:", text, re.MULTILINE):
            switch = text.rfind("switch (", 0, match.start())
            subject = text[switch:text.index(")", switch) + 1]
            if subject not in ("switch (status)",):
                found.append(f"{path.name}: {subject}")
    complain(found)


def test_nothing_is_left_for_later():
    marks = "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"))
    complain([place for place, line in lines(c_files()) if re.search(rf"\b({marks})\b", line)])


def test_each_source_begins_with_its_own_header():
    found = []
    for path in sorted((ROOT / "app").glob("*.c")):
        first = re.search(r'^#include (.*)$', path.read_text(), re.MULTILINE)
        own = f'"{path.stem}.h"'
        if path.with_suffix(".h").exists() and first.group(1) != own:
            found.append(path.name)
    complain(found)


def test_each_header_says_what_it_is_for_and_compiles_alone():
    flags = subprocess.run(
        ["pkg-config", "--cflags", "fcgi", "json-c", "nettle"], capture_output=True, text=True
    ).stdout.split()
    for path in sorted((ROOT / "app").glob("*.h")):
        assert path.read_text().startswith("/*"), f"{path.name} does not say what it is for"
        done = subprocess.run(
            [os.environ.get("CC", "gcc"), "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra",
             "-Werror", "-fsyntax-only", *flags, "-x", "c", str(path)],
            capture_output=True, text=True,
        )
        assert done.returncode == 0, done.stderr


def test_the_code_is_formatted():
    if shutil.which("clang-format") is None:
        raise Skip("clang-format is not installed")
    done = subprocess.run(
        ["clang-format", "--dry-run", "--Werror", "--style=file", *map(str, c_files())],
        capture_output=True, text=True, cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr[:4000]


def test_scripts_pass_shellcheck():
    if shutil.which("shellcheck") is None:
        raise Skip("shellcheck is not installed")
    scripts = [ROOT / name for name in ("run", "check", "sql/migrate")]
    scripts += sorted((ROOT / ".ci").glob("*"))  # not part of a release
    done = subprocess.run(
        # -a: also what they source, which is no script by itself.
        ["shellcheck", "-x", "-a", *map(str, scripts)], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout[:4000]


def test_each_part_of_the_instance_is_sourced_and_so_was_checked():
    sourced = {
        match for name in ("run", "check")
        for match in re.findall(r"^\. .*/(\w[\w-]*\.sh)", (ROOT / name).read_text(), re.MULTILINE)
    }
    equal(sourced, {path.name for path in (ROOT / "tests/instance").glob("*.sh")})


if __name__ == "__main__":
    main()
