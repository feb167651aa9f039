"""docs/lifecycle.md: the state diagram and both tables, as the lifecycle's own table says it."""

from collections import defaultdict
from collections.abc import Iterator

from gateway.applications import lifecycle
from gateway.applications.lifecycle import BACK, HEARD, SAID, SAME, TEXT, State
from messaging import contract

OVERDUE = ("application.decided", "overdue")  # the one word whose outcome decides where it leads
WORDS = {"both": "双方", "origin": "收件地", "handler": "业务属地"}


def text() -> str:
    """The whole section."""
    return "\n".join([*_diagram(), "", *_heard(), "", *_said(), ""])


def _diagram() -> Iterator[str]:
    yield "## 状态图"
    yield ""
    yield "```mermaid"
    yield "stateDiagram-v2"
    for state in State:
        yield f'    state "{TEXT[state]} {state.value}" as {state.value}'
    yield f"    [*] --> {State.DRAFT.value}"
    for (start, end), labels in _edges().items():
        yield f"    {start.value} --> {end.value}: {'、'.join(dict.fromkeys(labels))}"
    for state in State:
        if not any(start is state for start, _ in _edges()):
            yield f"    {state.value} --> [*]"
    yield "```"


def _edges() -> dict[tuple[State, State], list[str]]:
    """Every change of state with the words that bring it about."""
    edges: dict[tuple[State, State], list[str]] = defaultdict(list)
    for said, moves in HEARD.items():
        for start, target in moves.items():
            if target == BACK:
                for before in (State.SUBMITTED, State.ACCEPTED):
                    edges[start, before].append(title(said))
            elif target != SAME and target is not start:
                edges[start, State(target)].append(title(said))
    for state in State:
        if lifecycle.may_say(state, OVERDUE[0], outcome=OVERDUE[1]):
            edges[state, lifecycle.hear(state, OVERDUE[0], outcome=OVERDUE[1]).to].append("逾期未补正")
    places = {state: place for place, state in enumerate(State)}
    return dict(sorted(edges.items(), key=lambda edge: (places[edge[0][0]], places[edge[0][1]])))


def _heard() -> Iterator[str]:
    yield "## 收到一句话，状态怎样变"
    yield ""
    yield "行是收到的话，列是收到时的状态。“→”后面是新的状态；“有效”是状态不变、另有作用；“登记”是来迟了，只记入时间线，不改变任何东西。"
    yield ""
    states = [state for state in State if state is not State.DRAFT]
    yield "| 收到 | " + " | ".join(TEXT[state] for state in states) + " |"
    yield "|---|" + "---|" * len(states)
    for said in HEARD:
        if said != "application.submitted":
            yield f"| {title(said)} `{said}` | " + " | ".join(_move(state, said) for state in states) + " |"


def _move(state: State, said: str) -> str:
    target = HEARD[said].get(state)
    if target is None:
        return "登记"
    if target == BACK:
        return "→补正前的状态"
    return "有效" if target in {SAME, state} else f"→{TEXT[State(target)]}"


def _said() -> Iterator[str]:
    yield "## 谁在什么状态可以说"
    yield ""
    yield "本地人员（和对方经办人）在网页和接口上只能在这些状态说；接收时按上一张表，来迟的不算错。"
    yield ""
    yield "| 说什么 | 谁 | 在哪些状态 |"
    yield "|---|---|---|"
    for said, states in SAID.items():
        named = "、".join(TEXT[state] for state in State if state in states)
        yield f"| {title(said)} `{said}` | {WORDS[contract.KNOWN[said].from_role]} | {named} |"
    yield f"| 逾期未补正 `{OVERDUE[0]}` | 业务属地 | {'、'.join(_overdue())} |"


def _overdue() -> list[str]:
    return [TEXT[state] for state in State if lifecycle.may_say(state, OVERDUE[0], outcome=OVERDUE[1])]


def title(said: str) -> str:
    """A message type's short Chinese name."""
    return str(contract.schema(said)["title"])
