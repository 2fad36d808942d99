#!/usr/bin/env python3
"""A short round of each fault, with shoppers all the while; then the checker looks at all of it.

STOK_SEED repeats the choices of a run. What a failed round leaves is kept in the folder it names.
"""

import os
import random
import time

import faults
import proxy
import stok
from instance import Instance
from rounds import Round
from tap import Skip, diagnose, main

SEED = int(os.environ.get("STOK_SEED") or random.randrange(10**6))
WARM_UP_S = 0.7
ANSWER_S_MAX = 12  # before nginx loses patience

instance = Instance()


def prepare():
    diagnose(f"seed {SEED}: STOK_SEED={SEED} repeats its choices")
    instance.start()


def survive(name, *kinds, times=2, pause_s=0.4):
    """A round in which each of these faults strikes so many times."""
    instance.revive()
    a_round = Round(instance, SEED, name)
    struck = []
    try:
        with a_round:
            time.sleep(WARM_UP_S)
            for kind in kinds * times:
                fault = kind(instance, a_round.load, a_round.rng)
                fault.check_possible()
                fault.strike()
                struck.append(fault)
                time.sleep(pause_s)
            a_round.look()
        a_round.settle()
        verdict(a_round, struck)
    except Skip:
        raise
    except Exception as error:
        raise AssertionError(f"seed {SEED}; all is kept in {a_round.keep_evidence()}") from error


def verdict(a_round, struck):
    """No violation; and what is to be hidden from the shoppers was hidden."""
    answers = a_round.answers()
    told = ", ".join(f"{count} of {status}" for status, count in sorted(answers.items(), key=str))
    diagnose(f"{len(struck)} faults; answers: {told}; slowest: {a_round.slowest_s():.1f} s; "
             f"later resolved: {a_round.resolved()}")
    assert not a_round.trouble, a_round.trouble
    assert a_round.slowest_s() < ANSWER_S_MAX, "somebody waited for too long"
    assert answers.get(201), "nothing happened"
    if all(fault.unseen for fault in struck):
        seen = [a for a in a_round.load.history if not a.is_final]
        assert not seen, f"clients saw it: {seen[:5]}"


def cut(mode, delay=0.0):
    """A kind of fault: this way to cut a COMMIT."""
    def kind(*arguments):
        fault = faults.CutCommit(*arguments, mode)
        fault.cut.delay = delay
        return fault

    return kind


def test_no_fault_at_all():
    survive("none", faults.TwoCleanups)


def test_a_worker_is_killed():
    survive("worker-kill", faults.WorkerKill, times=4)


def test_a_worker_freezes():
    survive("worker-freeze", faults.WorkerFreeze, times=1)


def test_workers_are_restarted_one_by_one():
    survive("workers-term", faults.WorkersTerm)


def test_the_database_is_killed_and_comes_back():
    survive("database-kill", faults.DatabaseKill, times=4)


def test_the_database_freezes():
    survive("database-freeze", faults.DatabaseFreeze, times=1)


def test_commit_is_cut_before_the_server_has_it():
    survive("cut-before", cut(proxy.BEFORE), times=8, pause_s=0.2)


def test_commit_is_cut_after_the_server_did_it():
    survive("cut-after", cut(proxy.AFTER), times=8, pause_s=0.2)


def test_commit_is_cut_on_its_way():
    survive("cut-blind", cut(proxy.BLIND), times=8, pause_s=0.2)


def test_commit_comes_late():
    survive("cut-late", cut(proxy.LATE, 0.1), cut(proxy.LATE, 0.8))


def test_commit_comes_later_than_anybody_waits():
    survive("cut-very-late", cut(proxy.LATE, 4.0), times=1)


def test_all_connections_are_killed():
    survive("kill-connections", faults.KillConnections, times=4)


def test_clients_leave_without_waiting():
    survive("client-abort", faults.ClientAbort)


def test_nginx_is_reloaded():
    survive("nginx-reload", faults.NginxReload)


def test_nginx_is_restarted():
    survive("nginx-restart", faults.NginxRestart)


def test_the_disk_gets_full():
    survive("disk-full", faults.DiskFull, times=1)


def test_several_cleanups_at_once():
    survive("cleanups", faults.TwoCleanups, times=8, pause_s=0.3)


def test_the_hosts_clock_is_apart_from_the_databases():
    survive("clock-apart", faults.ClockApart)


def test_faults_at_the_same_time():
    survive("together", cut(proxy.AFTER), faults.WorkerKill, cut(proxy.BLIND), faults.DatabaseKill,
            faults.KillConnections, faults.NginxRestart, pause_s=0.0)


def test_the_proof_at_the_end_of_a_round_is_not_blind():
    instance.revive()
    a_round = Round(instance, SEED, "canary")
    with a_round:
        time.sleep(WARM_UP_S)
    a_round.settle()
    assert not a_round.trouble, a_round.trouble
    stok.sql("DELETE FROM StockReservation WHERE status='ACTIVE' ORDER BY id DESC LIMIT 1")
    told = "\n".join(a_round.prove())
    assert "row_missing" in told and "reserved_wrong" in told, told


if __name__ == "__main__":
    try:
        main(prepare)
    finally:
        instance.stop()
