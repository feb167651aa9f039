"""The targets: what the figures of one run have to be to each other."""

from tests.benchmarks.report import Report, ratio

RATE, CPU = "applications, 64 clerks", "gateway CPU per application"
BROKER, EMBEDDED = "postgresql+rabbitmq", "sqlite+embedded"
FIFTH, HALF = "at a fifth", "at half"


def hold(report: Report) -> None:
    """Every target whose figures were measured."""
    _flow(report)
    _latencies(report)
    _pages(report)
    _memory(report)


def _flow(report: Report) -> None:
    of = report.of
    for stack, yardstick, least in (
        (BROKER, "bare postgresql+rabbitmq", 0.5), (BROKER, "naive postgresql+rabbitmq", 8.0),
        (EMBEDDED, "bare sqlite", 0.25),
    ):  # fmt: skip
        value = ratio(of(stack, RATE), of(yardstick, RATE))
        report.hold(f"{stack}: whole flow / {yardstick}", value, f">= {least}", least=least)
    for stack in (BROKER, EMBEDDED):
        value = ratio(of(stack, CPU), of("machine", "JSON POST, CPU"))
        report.hold(f"{stack}: gateway CPU of an application / of a bare JSON POST", value, "<= 30 (aim 20)", most=30)


def _latencies(report: Report) -> None:
    of = report.of
    for what, most in (("POST p99", 40.0), ("POST to visible p99", 150.0)):
        half, fifth = of(BROKER, f"{what}, {HALF}"), of(BROKER, f"{what}, {FIFTH}")
        report.hold(f"{BROKER}: {what} at half of its maximum, ms", half, f"<= {most:.0f}", most=most)
        report.hold(f"{BROKER}: {what} at half / at a fifth", ratio(half, fifth), "<= 2", most=2)
    fsync = of("machine", "fsync")
    for stack in (BROKER, EMBEDDED):
        allowed = 10 + 10 * (fsync or 0)
        idle = of(stack, "POST to visible p50, one clerk")
        report.hold(
            f"{stack}: one idle clerk, POST to visible p50, ms", idle, f"<= {allowed:.1f} (10 + 10 fsync)", most=allowed
        )
    report.hold(
        "a slow partner: p99 of the others with it / without it",
        of(BROKER, "slow neighbour, ratio of p99"),
        "<= 1.2",
        most=1.2,
    )


def _pages(report: Report) -> None:
    of = report.of
    few, many = of("pages", "queue page p50, few stored"), of("pages", "queue page p50, many stored")
    report.hold("queue page p50, many stored / few", ratio(many, few), "<= 2", most=2)
    rates = of("pages", "filing, many stored"), of("pages", "filing, few stored")
    report.hold("filing rate, many stored / few", ratio(*rates), ">= 0.75", least=0.75)
    report.hold("first paint of the queue, CPU six times slower, ms", of("pages", "first paint"), "<= 1000", most=1000)
    for one in report.runs:
        if one["stack"] == "pages" and one["name"].startswith("weight of"):
            report.hold(f"{one['name']}, KB", float(one["value"]), "<= 100", most=100)
    for what in ("routing", "form"):
        report.hold(f"{what} lookup, us", of("lookups", what), "< 100", most=100)


def _memory(report: Report) -> None:
    for stack in (BROKER, EMBEDDED):
        report.hold(
            f"{stack}: memory of the gateway at the end, MB", report.of(stack, "memory at the end"), "<= 250", most=250
        )
        growth = report.of(stack, "memory growth over a million, by the slope")
        report.hold(f"{stack}: growth over a million applications by the slope, MB", growth, "flat: <= 50", most=50)
