"""Small trainings for tests: a table that is learned in a moment, and the words for it."""

from pathlib import Path
from random import Random


def table(path: Path, rows: int = 40) -> Path:
    """A CSV file of two kinds of pets, told apart by their height and weight, mostly."""
    random, lines = Random(0), list[str]()
    for index in range(rows):
        kind, height = (("cat", 25.0), ("dog", 45.0))[index % 2]
        lines.append(f"{random.gauss(height, 5):.2f},{random.gauss(height / 3, 3):.2f},{kind}\n")
    path.write_text("".join(lines))
    return path


def words(folder: Path, *options: str) -> list[str]:
    """The words that train on such a table, for 6 epochs of 4 steps each, but for the options."""
    pets = folder / "pets.csv"
    if not pets.exists():
        table(pets)
    chosen = {"--network": "softmax", "--epochs": "6", "--batch": "7"}
    given = dict(zip(options[::2], options[1::2], strict=True))
    return ["train", str(pets), *(word for pair in (chosen | given).items() for word in pair)]
