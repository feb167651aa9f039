"""Commands that are agreed but that this version does not have: they say so and change nothing."""

from argparse import Namespace

from gateway.commands import answers


def not_yet(arguments: Namespace) -> int:
    """Always exit 2, by name."""
    raise answers.WrongUse(
        f"本版本还没有“{arguments.command}”命令，什么也没有改动 (this version does not have '{arguments.command}' yet)"
    )
