"""The partners of the demonstration: the jurisdictions that 随县 has agreed with."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoPartner:
    """A jurisdiction to be connected in the demonstration."""

    code: str
    name: str
    by: str = "polling"


def demo_partners() -> tuple[DemoPartner, ...]:
    """枣阳, 桐柏, 京山, and the cities of the 襄十随神 cluster."""
    return (
        DemoPartner("420683", "枣阳市"),
        DemoPartner("411330", "桐柏县"),
        DemoPartner("420882", "京山市"),
        DemoPartner("420600", "襄阳市"),
        DemoPartner("420300", "十堰市"),
        DemoPartner("421300", "随州市"),
        DemoPartner("429021", "神农架林区"),
    )
