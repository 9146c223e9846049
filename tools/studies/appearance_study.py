"""What the studies of appearance models share: their options, and the files that they write."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

AppearanceNames = Annotated[
    list[str] | None,
    typer.Option(
        metavar="SPEC",
        help="Appearance model: siamese (shipped with siamlink, the default), siamese-general, siamese:FILE, "
        "onnx:FILE, package.module:attribute or file.py:attribute; repeatable.",
    ),
]
FiguresFile = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", help="Also write the figures to this file.")
]


@dataclass(frozen=True)
class StudyFiles:
    """The files of a study.

    Attributes:
        folder: for the figures and the picture.
        results: the name of the file of figures, JSON.
        picture: the name of the picture.
        json_file: a second file for the figures; None: there is none.
        overwrite: whether earlier files may be replaced.
    """

    folder: Path
    results: str
    picture: str
    json_file: Path | None
    overwrite: bool

    def check(self) -> None:
        """Check before the work that the files can be written.

        Raises:
            OutputError: one cannot, or would replace an earlier one.
        """
        from siamlink.tools.console.files import check_folder, check_output

        check_folder(self.folder, (self.results, self.picture), self.overwrite)
        if self.json_file is not None:
            check_output(self.json_file, self.overwrite)

    def write(self, figures: dict[str, Any], draw: Callable[[Path], None]) -> None:
        """Write the figures, and the picture that `draw` writes to a path.

        Raises:
            OutputError: a file cannot be written.
        """
        import json

        from siamlink.tools.console.files import make_folder, output_errors, publish, staging, write_text

        text = json.dumps(figures, indent=2) + "\n"
        make_folder(self.folder)
        with staging(self.folder) as staged, output_errors(self.folder):
            (staged / self.results).write_text(text, encoding="utf-8", newline="")
            draw(staged / self.picture)
            publish(staged, self.folder)
        if self.json_file is not None:
            write_text(self.json_file, text, self.overwrite)
