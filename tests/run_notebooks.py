"""Run the notebooks of docs/notebooks from top to bottom, each in an empty folder: `check NAME...` or `write`.

`check` says whether they run and writes nothing; `write` stores the new outputs in them.
"""

import argparse
import base64
import io
import os
import re
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from PIL import Image

FOLDER = Path(__file__).parents[1] / "docs" / "notebooks"
SECONDS_PER_CELL = 300


def run(path: Path) -> nbformat.NotebookNode:
    """The notebook with the outputs of a new run.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell failed.
    """
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        resources = {"metadata": {"path": folder}}
        client = NotebookClient(
            notebook,
            timeout=SECONDS_PER_CELL,
            kernel_name="python3",
            resources=resources,
            record_timing=False,
            coalesce_streams=True,
        )
        client.execute()
    return without_machine(notebook)


def without_machine(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook without what depends on the machine: version of Python, colours, messages on the error output."""
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.metadata = nbformat.from_dict({})
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
            for output in cell.outputs:
                if output.output_type == "stream":
                    output.text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]| +$", "", output.text, flags=re.MULTILINE)
                if "image/png" in output.get("data", {}):
                    output.data["image/png"] = smaller(output.data["image/png"])
    return notebook


def smaller(png: str) -> str:
    """A picture in base64 with 256 colours: a third of the bytes."""
    whole, reduced = io.BytesIO(base64.b64decode(png)), io.BytesIO()
    with Image.open(whole) as picture:
        picture.convert("RGBA").quantize(256).save(reduced, "PNG", optimize=True)
    return base64.b64encode(reduced.getvalue()).decode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["check", "write"])
    parser.add_argument("names", nargs="*", help="of notebooks; none: all")
    given = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # for !siamlink
    for path in [FOLDER / f"{name}.ipynb" for name in given.names] or sorted(FOLDER.glob("*.ipynb")):
        begin = sum(os.times()[:4])
        notebook = run(path)
        if given.action == "write":
            nbformat.write(notebook, path)
        sys.stdout.write(f"{path.stem}: {sum(os.times()[:4]) - begin:.1f} s of CPU\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
