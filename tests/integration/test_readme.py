#!/usr/bin/env python3
"""README's examples do what README shows: its curl commands are run as they stand, in order."""

import re

from stok import *
from tap import equal, main

TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")


def blocks(text):
    """The indented blocks of a text, without their indentation; an empty line ends one."""
    for block in re.findall(r"(?:^ {4}.*\n)+", text, re.MULTILINE):
        yield re.sub(r"^ {4}", "", block, flags=re.MULTILINE).strip("\n")


def examples():
    """Each curl command with the answer that is shown for it, or None, as (command, answer)."""
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        text = file.read()
    found = []
    for block in blocks(text):
        if block.startswith("curl "):
            for command in re.split(r"(?<!\\)\n", block):
                if command.startswith("curl "):
                    found.append([command, None])
        elif block.startswith("HTTP/"):
            assert found and found[-1][1] is None, f"whose answer is this? {block}"
            found[-1][1] = block
    return found


def run_here(command):
    """Runs it for the instance under test. Returns status line and body."""
    command = command.replace("127.0.0.1:8080", f"127.0.0.1:{PORT}")
    command = command.replace("@var/", f"@{VAR}/").replace("curl ", "curl -q -i ", 1)
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=60, env={**os.environ, "no_proxy": "*"},
    )
    equal(done.returncode, 0, f"{command}: {done.stderr}")
    head, _, body = done.stdout.replace("\r\n", "\n").partition("\n\n")
    return head.split("\n")[0], body


def compare(found, shown, place):
    """The same members with the same values; of times, the same form."""
    if isinstance(shown, dict):
        equal(set(found), set(shown), place)
        for name, value in shown.items():
            compare(found[name], value, f"{place}/{name}")
    elif isinstance(shown, list):
        equal(len(found), len(shown), place)
        for index, value in enumerate(shown):
            compare(found[index], value, f"{place}/{index}")
    elif isinstance(shown, str) and TIME.match(shown):
        assert TIME.match(found), (place, found)
    elif place.rpartition("/")[2].endswith("InSeconds") and shown:
        assert shown - 20 <= found <= shown, (place, found, shown)
    else:
        equal(found, shown, place)


def prepare():
    """An instance as ./run makes it: the demo's variants, and no hold yet."""
    start()
    sql("ALTER TABLE StockReservation AUTO_INCREMENT=1")
    with open(os.path.join(ROOT, "sql", "demo.sql"), encoding="utf-8") as file:
        sql(file.read())


def test_every_command_is_answered_as_shown():
    for command, shown in examples():
        status, body = run_here(command)
        if shown is None:
            assert re.match(r"HTTP/\S+ 2\d\d ", status), (command, status, body)
            continue
        head, _, text = shown.partition("\n")
        equal(status, head, f"{command}: {body}")
        compare(json.loads(body), json.loads(text[text.index("{"):]), command)
    check_sums()


def test_there_are_examples():
    found = examples()
    assert len(found) >= 5 and any(shown for _, shown in found), found
    commands = " ".join(command for command, _ in found)
    for path in ("reserve", "convert-reservations", "extend-reservations", "cleanup-reservations"):
        assert path in commands, path


if __name__ == "__main__":
    main(prepare)
