"""What is asked of whom: the table of the workloads. Pure."""

import dataclasses

VARIANTS = 10_000
STOCK = 1_000_000  # of each
UNIFORM = ("uniform", 1, VARIANTS)


@dataclasses.dataclass(frozen=True)
class Workload:
    """One section of the bench: the same load for each contestant, in turns."""

    section: str  # its name in the results
    part: str  # the word of --only
    says: str
    contestants: tuple
    connections: int = 64
    arguments: tuple = UNIFORM  # of the script: which variants
    script: str = "reserve.lua"
    stock: int = STOCK
    answer: int = 201
    others: tuple = ()
    share: float = 1.0  # of the usual seconds
    delay_us: int = 0  # added to every flush of the database


WORKLOADS = (
    Workload("W1/64", "W1", "reserves, uniform over 10,000 variants, 64 connections",
             ("stok", "empty", "direct", "php", "plain", "mysql2", "prisma")),
    Workload("W1/256", "W1", "the same, 256 connections", ("stok", "plain", "php"),
             connections=256),
    Workload("W2", "W2", "reserves of one hot variant, 64 connections",
             ("stok", "php", "plain", "prisma"), arguments=("uniform", 1, 1)),
    Workload("W3", "W3", "reserves, four of five on 20 of 10,000 variants, 64 connections",
             ("stok", "php"), arguments=("skewed", 1, VARIANTS)),
    Workload("W4", "W4", "the lives of carts: reserve, replace, cancel, convert; 64 connections",
             ("stok", "php", "plain"), script="cart.lua", others=(200,), share=0.6),
    Workload("W5", "W5", "one hot variant that is sold out: every reserve is refused, 64 connections",
             ("stok", "plain"), arguments=("uniform", 1, 1), stock=0, answer=409),
    Workload("W5/10,000", "W5", "the same, all of 10,000 variants are sold out", ("stok", "plain"),
             stock=0, answer=409, share=0.5),
    Workload("W6", "W6", "lone requests: reserves on one connection", ("stok", "plain"),
             connections=1, share=0.5),
)

SLOW = tuple(
    Workload(f"W1/64 +{delay_ms} ms", "flush",
             f"as W1/64, every flush of the database takes {delay_ms} ms longer",
             ("stok", "php"), share=0.6, delay_us=1000 * delay_ms)
    for delay_ms in (1, 5)
)

PARTS = ("W1", "W2", "W3", "W4", "W5", "W6", "locked", "growth", "cleanup", "memory", "flush")


def chosen(only):
    """The parts that --only names, all of them if it names none."""
    if not only:
        return PARTS
    parts = [part.strip() for part in only.split(",")]
    strangers = [part for part in parts if part not in PARTS]
    if strangers:
        raise ValueError(f"no such part: {strangers[0]}; there are {', '.join(PARTS)}")
    return tuple(part for part in PARTS if part in parts)


def contestants_of(parts):
    """Who takes part in these, stok always first."""
    names = ["stok"]
    for workload in (*WORKLOADS, *SLOW):
        if workload.part in parts:
            names += [name for name in workload.contestants if name not in names]
    return tuple(names)
