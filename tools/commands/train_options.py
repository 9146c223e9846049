"""The arguments and options of the commands `siamlink train ...`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from siamlink.tools.console.options import Address, Config, Jobs, Overwrite, RunnerChoice, RunnerName, Settings

Output = Annotated[
    Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the models; created if it is missing.")
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(metavar="SEQ", help="Leave out this sequence and all others of the same video; repeatable."),
]


Tests = Annotated[
    bool,
    typer.Option(
        "--test/--no-test",
        help="Test the models on videos that they did not learn from: those of --exclude, or else all, by models that "
        "are trained on the others. This takes three times as long, for 'train calibrated' twice.",
    ),
]
TrainingSettings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change one training setting, such as steps=3000, learning_rate=0.001 or network.size=residual; "
        "repeatable. An unknown name is an error that names the nearest one.",
    ),
]


@dataclass(frozen=True)
class MatcherOptions:
    """The arguments and options of `siamlink train matcher`."""

    data: Annotated[
        list[Path], typer.Argument(metavar="DATA", help="MOT sequences with gt/ and det/, or folders of sequences.")
    ]
    output: Output
    exclude: Exclude = None
    config: Config = None
    settings: Settings = None
    test: Tests = True
    runner: RunnerChoice = RunnerName.local
    address: Address = None
    jobs: Jobs = None
    overwrite: Overwrite = False


@dataclass(frozen=True)
class CalibratedOptions:
    """The arguments and options of `siamlink train calibrated`."""

    data: Annotated[
        list[Path],
        typer.Argument(metavar="SEQUENCES", help="MOT sequences with gt/, or folders of sequences; det/ is used too."),
    ]
    output: Output
    exclude: Exclude = None
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Change one training setting, such as tree_count=100, depth=4 or frames=300; repeatable. An unknown "
            "name is an error that names the nearest one.",
        ),
    ] = None
    test: Tests = True
    runner: RunnerChoice = RunnerName.local
    address: Address = None
    jobs: Jobs = None
    overwrite: Overwrite = False


@dataclass(frozen=True)
class SiameseOptions:
    """The arguments and options of `siamlink train siamese`."""

    data: Annotated[
        list[Path],
        typer.Argument(
            metavar="DATA",
            help="MOT sequences with gt/ and frames, folders of crops named ID_*.jpg, or folders of either.",
        ),
    ]
    output: Output
    exclude: Exclude = None
    validate: Annotated[
        list[str] | None,
        typer.Option(metavar="SEQ", help="Use this sequence for validation instead of training; repeatable."),
    ] = None
    start: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Start from these weights instead of random weights.")
    ] = None
    settings: TrainingSettings = None
    overwrite: Overwrite = False


@dataclass(frozen=True)
class AllOptions:
    """The arguments and options of `siamlink train all`."""

    data: Annotated[
        list[Path],
        typer.Argument(
            metavar="DATA", help="As for 'train siamese'; the matching models learn from the MOT sequences."
        ),
    ]
    output: Output
    exclude: Exclude = None
    settings: TrainingSettings = None
    test: Tests = True
    runner: RunnerChoice = RunnerName.local
    address: Address = None
    jobs: Jobs = None
    overwrite: Overwrite = False
