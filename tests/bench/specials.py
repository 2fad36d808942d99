"""The parts that are more than one load after another: a lock, growth, cleanup, memory."""

import dataclasses
import time

import checks
import contestants
import database
import figures
import load
import stok
import workloads

LOCKED = 5000  # the variant that an outsider keeps locked
GROWN = (1, 2, 3)  # variants with no live holds, with a few, with many
PACED = 16  # connections of the load beside a cleanup
CALM_S = 20  # after a million rows were loaded


# ---- a locked variant ----------------------------------------------------------------------------

FREE = workloads.Workload(
    "free", "locked", "W1/64, for comparison", ("stok",), share=0.5)
BLOCKED = dataclasses.replace(
    FREE, section="locked", says="W1/64, with one of the 10,000 variants locked by an outsider")


def locked(shop):
    """In turns with and without the lock."""
    for turn in range(shop.options.rounds):
        for workload in figures.rotated((FREE, BLOCKED), turn):
            if workload is FREE:
                shop.run(FREE, "stok", turn)
            else:
                beside_a_lock(shop, turn)
            # wrk counts an answer that came late as all those for which the connection would have
            # asked meanwhile, but who waits for the locked variant makes nobody else wait.
            shop.raw["runs"][-1]["p99"] = checks.p99_of_successes(shop.all["stok"].read_log())


def beside_a_lock(shop, turn):
    """Who wants the locked variant is told 503; nobody else is."""
    contestant = shop.all["stok"]
    database.reset()
    with database.locked(LOCKED):
        outcome, _ = shop.run(BLOCKED, "stok", turn, keep_rows=True, judged=False)
        shop.front.settle()
    shop.judge(contestant, BLOCKED.connections, outcome,
               checks.Expected(database.STOCK, others=(503,)),
               strange_busy=checks.strange_busy(contestant.read_log(), LOCKED))


# ---- growth --------------------------------------------------------------------------------------


def grown(count, variant):
    """The hot load on one of these variants."""
    return workloads.Workload(
        f"{count:,} holds", "growth", f"reserves of one variant that has {count:,} live holds",
        ("stok",), arguments=("uniform", variant, 1), share=0.5)


def growth_workloads(holds):
    """One for each variant."""
    return [grown(count, variant) for variant, count in zip(GROWN, (0, holds // 100, holds))]


# For the plan: loads of stok alone.
OWN = (FREE, BLOCKED, *growth_workloads(1_000_000))


def growth(shop):
    """Throughput of variants that differ only in how many live holds they have."""
    database.reset(2 * database.STOCK)
    loads = growth_workloads(shop.options.holds)
    shop.raw["growth"] = [workload.section for workload in loads]
    for variant, count in zip(GROWN, (0, shop.options.holds // 100, shop.options.holds)):
        database.load_holds(count, variant, "UTC_TIMESTAMP(3) + INTERVAL 1 HOUR")
    database.count_reserved()
    database.wait_until_calm(CALM_S)
    shop.say("the holds are loaded")
    for turn in range(shop.options.rounds):
        for workload in figures.rotated(loads, turn):
            shop.run(dataclasses.replace(workload, stock=2 * database.STOCK), "stok", turn,
                     keep_rows=True)


# ---- cleanup -------------------------------------------------------------------------------------


def cleanup(shop):
    """Half of the live-status holds have expired, and are swept beside shoppers."""
    database.reset()
    spread_over = f"1 + seq % {database.VARIANTS}"
    # Whole rounds of the variants are live and expired in turns, so each has as many of both.
    expires = (f"UTC_TIMESTAMP(3) + INTERVAL IF(seq DIV {database.VARIANTS} % 2, 3600, -60) "
               "SECOND")
    database.load_holds(shop.options.holds, spread_over, expires)
    database.count_reserved()
    database.wait_until_calm(CALM_S)
    shop.say("the holds are loaded")
    alone, _ = paced(shop, lambda: time.sleep(shop.seconds(0.5)))
    beside, (swept, seconds, _) = paced(shop, lambda: sweep(shop))
    wanted = database.rows("status='ACTIVE' AND expiresAt<=UTC_TIMESTAMP(3)")
    if wanted or swept != expired_of(shop.options.holds):
        raise checks.Wrong(f"stok: the cleanup swept {swept}, and left {wanted} expired holds")
    shop.raw["cleanup"] = {
        "swept": swept, "seconds": seconds, "alone": vars(alone), "beside": vars(beside),
    }
    shop.say(f"cleanup: {swept / seconds:,.0f} rows/s, longest reserve {beside.most / 1000:.1f} ms")


def expired_of(holds):
    """How many of so many loaded holds have expired."""
    return sum(1 for seq in range(1, holds + 1) if seq // database.VARIANTS % 2 == 0)


def sweep(shop):
    """The cron job, again and again until nothing is left. Rows, seconds, and calls."""
    began, swept, calls = time.monotonic(), 0, 0
    while True:
        answer = stok.request("GET", "/api/cron/cleanup-reservations", headers=stok.key("cron"),
                              port=shop.all["stok"].port, timeout=60)
        if answer.status != 200:
            raise checks.Wrong(f"stok: the cleanup was answered with {answer}")
        swept, calls = swept + answer.body["count"], calls + 1
        if not answer.body["remaining"]:
            return swept, time.monotonic() - began, calls


def paced(shop, work):
    """The bounded load beside some work; the books are checked. Its Outcome, and what work gave."""
    contestant = shop.all["stok"]
    contestant.forget_log()
    earlier = database.rows()
    with load.wrk_beside(contestant.port, PACED, 300, "paced.lua",
                         [*workloads.UNIFORM, shop.seed()]) as outcomes:
        done = work()
    calls = done[2] if done else 0
    shop.judge(contestant, PACED, outcomes[0],
               checks.Expected(database.STOCK, others=(200,), besides=calls), earlier)
    return outcomes[0], done


# ---- memory --------------------------------------------------------------------------------------

MANY = dataclasses.replace(
    next(workload for workload in workloads.WORKLOADS if workload.section == "W1/256"),
    section="memory", part="memory", contestants=("stok",))


def memory(shop):
    """Of stok's processes, after so many requests as are asked for."""
    turn = 0
    while turn == 0 or shop.requests_of("stok") < shop.options.requests:
        shop.run(MANY, "stok", turn)
        turn += 1


# ---- a slow disk ---------------------------------------------------------------------------------


def slow_flushes(shop):
    """The server is started anew with every flush of it in our hands."""
    database.reset()
    shop.restart_database(contestants.program(
        "STOK_BENCH_SLOW_FLUSH", shop.options.build, "bench-slow-flush.so"))
    try:
        for workload in workloads.SLOW:
            shop.server.set_delay(workload.delay_us)
            took_us = database.commit_us()
            shop.server.set_delay(0)
            if took_us < workload.delay_us:
                raise checks.Wrong(f"the database: a COMMIT takes {took_us:.0f} us though every "
                                   f"flush takes {workload.delay_us} us longer")
            shop.say(f"{workload.section}: {workload.says}; a lone COMMIT takes {took_us:.0f} us")
            shop.rounds(workload)
    finally:
        shop.server.restart()
