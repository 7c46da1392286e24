"""What the whole suite shares: Hypothesis profiles, and the watch for I/O."""

import os
import sys
from pathlib import Path

import hypothesis
import pytest
from hypothesis import settings

import ruralcredit

PACKAGE = str(Path(ruralcredit.__file__).parent) + os.sep
PLOTS = (PACKAGE + "plots.py", PACKAGE + "plots" + os.sep)
TESTING = (PACKAGE + "testing.py", PACKAGE + "testing" + os.sep)
HYPOTHESIS = str(Path(hypothesis.__file__).parent) + os.sep

# Type-checked, not run.
collect_ignore = ["typing_examples.py"]

settings.register_profile("ci", derandomize=True, max_examples=50, deadline=None)
settings.register_profile("few", derandomize=True, max_examples=15, deadline=None)
settings.register_profile("deep", max_examples=5_000, deadline=None)
settings.load_profile("ci")


class IOWatch:
    """Records every I/O event that fires while code of ruralcredit is running.

    The hook only records: an exception raised inside an audit hook could be swallowed by
    the code under test, a record cannot.  The test that was running fails at its end.
    """

    EVENTS = frozenset({"open", "os.listdir", "os.scandir", "os.system"})
    FAMILIES = ("socket.", "subprocess.", "ctypes.")

    def __init__(self):
        self.seen = []

    def hook(self, event, args):
        """Take one audit event; all but a handful leave after one look at the name."""
        if event in self.EVENTS or event.startswith(self.FAMILIES):
            culprit = self.culprit(sys._getframe(1))
            if culprit:
                self.seen.append(f"{event}{args!r:.200} from {culprit}")

    @staticmethod
    def culprit(frame):
        """Return the innermost place of ruralcredit on the stack, or None if it is not to blame.

        An import system frame further in means that the event belongs to loading a module.
        A frame of Hypothesis further in than ``ruralcredit.testing`` means that Hypothesis
        works while one of our strategies draws: it keeps tables and examples in files.
        """
        drawing = False
        while frame is not None:
            name = frame.f_code.co_filename
            if name.startswith("<frozen importlib"):
                return None
            if name.startswith(PACKAGE):
                aside = name.startswith(PLOTS) or (drawing and name.startswith(TESTING))
                return None if aside else f"{name}:{frame.f_lineno}"
            drawing = drawing or name.startswith(HYPOTHESIS)
            frame = frame.f_back
        return None

    def drain(self):
        """Return what was seen since the last call and forget it."""
        seen, self.seen = self.seen, []
        return seen

    def guard(self):
        """Let one phase of an item run, then fail it if ruralcredit did I/O meanwhile."""
        result = yield
        seen = self.drain()
        if seen:
            pytest.fail("ruralcredit did I/O:\n" + "\n".join(seen), pytrace=False)
        return result


WATCH = IOWatch()
sys.addaudithook(WATCH.hook)


class NoIO:
    """Guards every item, also the doctests of src and README, which no fixture here reaches."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self):
        """Fail an item whose fixtures made ruralcredit do I/O."""
        return (yield from WATCH.guard())

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self):
        """Fail an item that made ruralcredit do I/O."""
        return (yield from WATCH.guard())

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self):
        """Fail an item whose fixtures made ruralcredit do I/O as they ended."""
        return (yield from WATCH.guard())


def pytest_configure(config):
    """Register the guard for all items, not only those below this folder."""
    config.pluginmanager.register(NoIO(), "ruralcredit-no-io")


@pytest.fixture
def watch():
    """The watch for I/O, so that a test can see it bite."""
    return WATCH
