#!/usr/bin/env python3
"""./run itself: starts, revives, stops, keeps its data, and leaves others alone."""

import signal

from stok import *
from tap import equal, main

SECOND_VAR = os.path.join(VAR, "second one")  # a blank in the name must do no harm
SECOND_PORT = PORT + 5


def second(*options, environment=()):
    """./run of another instance beside the one under test; without a value, a variable is unset."""
    variables = {**os.environ, "STOK_VAR": SECOND_VAR, **dict(environment)}
    return subprocess.run(
        [os.path.join(ROOT, "run"), *options],
        env={name: value for name, value in variables.items() if value is not None},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=300,
    )


def ready(port):
    try:
        return request("GET", "/health/ready", port=port).status == 200
    except OSError:
        return False


def test_help_and_bad_options():
    assert "--detach" in second("--help").stdout
    done = second("--nonsense")
    assert done.returncode != 0 and "--nonsense" in done.stdout, done.stdout
    done = second("--port", "99999")
    assert done.returncode != 0 and "99999" in done.stdout, done.stdout
    done = second("--engine", "postgresql")
    assert done.returncode != 0 and "mariadb or mysql" in done.stdout, done.stdout


def test_a_taken_port_is_told():
    done = second("--detach", "--port", str(PORT))
    assert done.returncode != 0 and f"port {PORT} is in use" in done.stdout, done.stdout
    second("--stop")


def test_two_instances_run_side_by_side_and_one_keeps_its_data():
    done = second("--detach", "--port", str(SECOND_PORT))
    equal(done.returncode, 0, done.stdout)
    body = {"variantId": 1, "quantity": 1, "sessionId": "kept"}
    answer = request("POST", "/api/stock/reserve", body, port=SECOND_PORT)
    equal(answer.status, 201)
    equal(second("--stop").returncode, 0)
    assert not ready(SECOND_PORT) and ready(PORT)
    equal(second("--detach", "--port", str(SECOND_PORT)).returncode, 0)
    body = {"reservationId": answer.body["reservationId"], "sessionId": "kept"}
    answer = request("POST", "/api/stock/cancel-reservation", body, port=SECOND_PORT)
    equal(answer.body["released"], 1)


def test_an_instance_keeps_its_engine():
    kept, other = ("mysql", "mariadb") if database() == "mysqld" else ("mariadb", "mysql")
    done = second("--detach", "--engine", other)
    assert done.returncode == 1 and f"instance with {kept}" in done.stdout, done.stdout
    done = second("--detach", environment={"STOK_ENGINE": None})
    equal(done.returncode, 0, done.stdout)


def test_an_engine_that_cannot_be_had_is_told():
    done = second("--engine", "mysql", "--detach", environment={
        "STOK_VAR": os.path.join(VAR, "third"), "STOK_ENGINES": "/dev/null/engines",
    })
    equal(done.returncode, 77, done.stdout)
    assert "MySQL cannot be had" in done.stdout, done.stdout


def test_keys_are_secret_and_stay():
    for name in ("cron.hdr", "storefront.hdr"):
        path = os.path.join(SECOND_VAR, name)
        equal(os.stat(path).st_mode & 0o777, 0o600, path)
        with open(path, encoding="ascii") as file:
            first = file.read()
        equal(first.count("\n"), 1)
        assert first.startswith("x-api-key: "), name
        second("--detach", "--port", str(SECOND_PORT))
        with open(path, encoding="ascii") as file:
            equal(file.read(), first)


def test_detach_revives_whatever_part_has_died():
    for part in (database(), "pool", "shop", "nginx"):
        with open(os.path.join(SECOND_VAR, "run", f"{part}.pid"), encoding="ascii") as file:
            os.kill(int(file.read()), signal.SIGKILL)
        done = second("--detach")
        equal(done.returncode, 0, done.stdout)
        assert ready(SECOND_PORT), part
        equal(request("GET", "/shop/", port=SECOND_PORT).status, 200, part)


def test_the_foreground_shows_a_life_and_ctrl_c_ends_all():
    second("--stop")
    running = subprocess.Popen(
        [os.path.join(ROOT, "run"), "--port", str(SECOND_PORT)],
        env={**os.environ, "STOK_VAR": SECOND_VAR}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        # What a shell runs in its background ignores Ctrl-C, and hands that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    shown = ""
    try:
        for line in running.stdout:
            shown += line
            if line.startswith("Ctrl-C"):
                break
        os.killpg(running.pid, signal.SIGINT)
        shown += running.stdout.read()
    finally:
        running.wait(60)
    for word in ("/api/stock/reserve", '"status":"CANCELLED"', '"outcome":"converted"',
                 '"skipped":false', "To try next", "stopped"):
        assert word in shown, f"{word} is missing in: {shown}"
    assert not ready(SECOND_PORT)


if __name__ == "__main__":
    try:
        main(start)
    finally:
        second("--stop")
