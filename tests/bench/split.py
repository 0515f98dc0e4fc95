"""Where the time of a chat turn goes: dialogues over the public door, with a clock in both bot processes."""

from pathlib import Path

from tests.bench.bot_house import BotHouse, Parts, bot_house
from tests.bench.talk import lead_a_dialogue

DIALOGUES = 20
WARM = 3


def bench_split(folder: Path) -> dict[str, float]:
    """Return the mean milliseconds of a turn by part; they add up to `turn`."""
    with bot_house(folder / "split") as house:
        for _ in range(WARM):
            list(lead_a_dialogue(house.public.port))
        before = {name: len(house.turns(name)) for name in ("rasa", "actions")}
        took = [seconds for _ in range(DIALOGUES) for seconds in lead_a_dialogue(house.public.port)]
        return taken_apart(
            sum(took), len(took), _since(house, "rasa", before["rasa"]), _since(house, "actions", before["actions"])
        )


def taken_apart(seconds: float, turns: int, rasa: Parts, actions: Parts) -> dict[str, float]:
    """Take apart what stands inside one another: the gateway holds Rasa, Rasa an action's call, and that the API's."""
    parts = {
        "gateway": seconds - rasa["rasa"],
        "parse": rasa["parse"],
        "policy": rasa["policy"],
        "way to the actions": rasa["action"] - actions["action"],
        "action": actions["action"] - actions["api"],
        "API": actions["api"],
        "tracker": rasa["tracker"],
        "rest of Rasa": rasa["rasa"] - rasa["parse"] - rasa["policy"] - rasa["action"] - rasa["tracker"],
        "turn": seconds,
    }
    return {name: round(one / turns * 1000, 2) for name, one in parts.items()}


def _since(house: BotHouse, process: str, count: int) -> Parts:
    lines = house.turns(process)[count:]
    return {name: sum(line.get(name, 0.0) for line in lines) for name in {name for line in lines for name in line}}
