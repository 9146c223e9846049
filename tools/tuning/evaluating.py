"""Tasks of the search as tasks of a runner."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from siamlink.tools.runners.runner import Runner, in_order
from siamlink.tools.runners.work import Report, ShowNote
from siamlink.tools.tuning.evaluation import Evaluator, Outcome, Task
from siamlink.tools.tuning.search import Evaluate
from siamlink.tools.tuning.store import OutcomeStore


@dataclass(frozen=True)
class EvaluationWork:
    """Tracks and scores videos.

    Attributes:
        evaluator: how.
        folder: of the results; models may be in it.
    """

    evaluator: Evaluator
    folder: Path
    unit = "videos"

    def name_of(self, task: Task) -> str:
        """See `Work`."""
        return self.evaluator.videos[task.video].name

    def prepare(self) -> Callable[[Task, Report], Outcome]:
        """See `Work`."""
        return lambda task, _: self.evaluator.outcome(task)


@contextmanager
def evaluating(evaluator: Evaluator, store: OutcomeStore, runner: Runner, note: ShowNote) -> Iterator[Evaluate]:
    """Gives the outcomes of tasks: known ones, and new ones from a runner, which are then known.

    Raises:
        SiamlinkError: a task fails.
    """
    with runner.crew(EvaluationWork(evaluator, store.folder)) as crew:

        def evaluate(tasks: list[Task]) -> dict[Task, Outcome]:
            new = [task for task in tasks if task not in store]
            with closing(in_order(new, crew.run(new, lambda *_: None, note))) as outcomes:
                for task, outcome in outcomes:
                    store.add(task, outcome)
            return {task: store[task] for task in tasks}

        yield evaluate
