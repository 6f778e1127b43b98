"""What is refused and what is taken, file by file; the process that looks is really bounded."""

from __future__ import annotations

import ast
import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings

from portal.choices import Refusal
from portal.inspection import BrokenInspection, NoVerdict, Refused, Rule, Starved, child, inspect
from portal.inspection.kinds import look_into
from tests.factories import files
from tests.factories.hostile_files import hostile

#: The tests wait for it.
AT_ONCE = child.Pace(nice=0)


def rule_broken(kind, content):
    """The rule, as the process would say it, found in this process."""
    try:
        look_into(io.BytesIO(content), kind)
    except Refused as refused:
        return refused.rule.value
    except Exception:  # noqa: BLE001 -- as the process does
        return "damaged"
    return None


def test_every_hostile_file_is_refused_by_its_rule():
    every = hostile()
    found = {name: rule_broken(kind, content) for name, (kind, content, _rule) in every.items()}
    assert found == {name: rule for name, (_kind, _content, rule) in every.items()}
    assert len(every) >= 50
    assert len(set(found.values())) >= 12


def test_every_everyday_file_is_taken():
    found = {name: rule_broken(*file) for name, file in files.benign().items()}
    assert found == dict.fromkeys(found)
    assert {kind for kind, _content in files.benign().values()} == {
        *("pdf", "png", "jpg", "docx", "xlsx", "pptx", "csv")
    }


@pytest.mark.parametrize("name", ["pdf plain", "xlsx of a spreadsheet", "jpg", "csv"])
def test_process_takes_an_everyday_file(name, tmp_path):
    kind, content = files.benign()[name]
    (tmp_path / "file").write_bytes(content)
    assert inspect(str(tmp_path / "file"), kind, pace=AT_ONCE).rule is None


@pytest.mark.parametrize("name", ["pdf script in a link", "docx with laughs", "jpg cut off"])
def test_process_says_the_rule(name, tmp_path):
    kind, content, rule = hostile()[name]
    (tmp_path / "file").write_bytes(content)
    assert inspect(str(tmp_path / "file"), kind, pace=AT_ONCE).rule == rule


def test_every_rule_has_a_sentence_and_no_sentence_is_left_over():
    assert {rule.value for rule in Rule} == set(Refusal.values)
    for refusal in Refusal:
        # What was found, then what to do; said to a person, without the rule's own key.
        assert str(refusal.label).count(".") >= 2
        assert len(str(refusal.label)) > 40


# -- bounds -----------------------------------------------------------------------------------


#: Looks at one file and says what came of it, how long the processor was at it and the most memory
#: it used. A process of its own: here the largest child so far may have been a browser.
LOOK = """
import json, resource, sys
from portal.inspection.child import NoVerdict, Pace, inspect
try:
    found = inspect(sys.argv[2], sys.argv[1], pace=Pace(wall=60, nice=0)).rule
    found = found and found.value
except NoVerdict:
    found = "no verdict"
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([found, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024]))
"""
REFUSED = {Rule.HEAVY.value, Rule.UNPACKED.value, Rule.DAMAGED.value, "no verdict"}


@pytest.mark.parametrize(
    ("kind", "make", "verdicts"),
    [
        ("pdf", files.object_stream_of_a_gigabyte, REFUSED),
        # A fast machine reads it within the bounds; then nothing is wrong with it.
        ("pdf", files.three_million_dictionaries, {*REFUSED, None}),
        ("docx", files.bombs_side_by_side, REFUSED),
    ],
)
def test_greedy_file_keeps_within_the_bounds(tmp_path, kind, make, verdicts):
    (tmp_path / "file").write_bytes(make())
    said = subprocess.run(
        [sys.executable, "-c", LOOK, kind, str(tmp_path / "file")],
        capture_output=True,
        check=True,
        cwd=child._ROOT,
    ).stdout
    verdict, seconds, memory = json.loads(said)
    assert verdict in verdicts
    # The kernel looks once a tick, and taking the process down is counted too.
    assert seconds < child.CPU_SECONDS + 0.5
    assert memory <= child.MEMORY


def script(text, bounds=""):
    """A process that takes on the bounds and then does as it is told."""
    begin = f"from portal.inspection.__main__ import bound, cut_off; cut_off(); bound({bounds})\n"
    return [sys.executable, "-B", "-c", begin + text]


def test_memory_is_bounded():
    greedy = """
import json
try:
    bytearray(600 * 1024 * 1024)
    print(json.dumps({"rule": None}))
except MemoryError:
    print(json.dumps({"rule": "heavy"}))
"""
    assert child.run(script(greedy), pace=AT_ONCE).rule is Rule.HEAVY


def test_processor_is_bounded():
    # The wall far away, so that on a busy machine too it is the processor that runs out.
    command = script("while True: pass", "seconds=1, wall=60")
    assert child.run(command, pace=child.Pace(wall=60, nice=0)).rule is Rule.HEAVY


def test_wall_is_bounded():
    begun = time.monotonic()
    with pytest.raises(NoVerdict, match="within"):
        # Nothing that would have to be started first, which a busy machine might not let it.
        child.run(["sleep", "60"], pace=child.Pace(wall=1, nice=0))
    assert time.monotonic() - begun < 30


def test_pictures_have_what_the_check_left_of_the_processor(tmp_path):
    (tmp_path / "file").write_bytes(files.make_pdf())
    path, folder = str(tmp_path / "file"), str(tmp_path)
    sizes = [
        child.draw(path, "pdf", folder, pages=1, width=100, used=used, pace=AT_ONCE)
        for used in (0.0, child.CPU_SECONDS - 0.5)
    ]
    assert [len(found) for found in sizes] == [1, 0]


#: What a process knows of its own priority, as a verdict that says it.
PRIORITY = """
import json, os
from pathlib import Path
group = Path("/proc/self/autogroup")
said = group.read_text().split()[-1] if group.exists() else None
print(json.dumps({"rule": None, "cleaned": [os.nice(0), os.sched_getscheduler(0), said]}))
"""


@pytest.mark.parametrize(("nice", "policy"), [(19, os.SCHED_BATCH), (0, os.SCHED_OTHER)])
def test_whoever_loads_a_page_goes_first(nice, policy):
    # It is told after it was started: it looks a little later.
    command = script("import time; time.sleep(0.3)\n" + PRIORITY)
    told = child.run(command, pace=child.Pace(wall=60, nice=nice)).cleaned
    by_session = str(nice) if Path("/proc/self/autogroup").exists() else "None"
    assert told == (str(nice), str(policy), by_session)


@pytest.fixture
def busy():
    """Twice as many processes as there are processors, and each takes all it gets."""
    command = [sys.executable, "-c", "while True: pass"]
    every = [subprocess.Popen(command) for _one in range(2 * (os.cpu_count() or 1))]
    yield
    for process in every:
        process.kill()
        process.wait()


@pytest.mark.usefixtures("busy")
def test_file_that_gets_no_processor_is_not_to_blame():
    with pytest.raises(Starved):
        child._run_once(script("while True: pass", "seconds=60, wall=60"), child.Pace(wall=1))


def test_file_that_gets_no_processor_is_looked_at_without_giving_way(tmp_path, monkeypatch):
    """The first look starves, whatever the machine; the second is an ordinary one."""
    paces = []
    once = child._run_once

    def starve(command, pace):
        paces.append(pace.nice)
        if pace.nice:
            raise Starved("others had it")
        return once(command, pace)

    monkeypatch.setattr(child, "_run_once", starve)
    (tmp_path / "file").write_bytes(files.make_pdf())
    assert inspect(str(tmp_path / "file"), "pdf").rule is None
    assert paces == [child.NICE, 0]


def test_process_that_dies_gives_no_verdict():
    with pytest.raises(NoVerdict, match="-9"):
        child.run(script("import os; os.kill(os.getpid(), 9)"), pace=AT_ONCE)


def test_process_that_talks_nonsense_gives_no_verdict():
    with pytest.raises(NoVerdict):
        child.run(script("print('<html>')"), pace=AT_ONCE)


def test_missing_library_is_not_the_files_fault():
    with pytest.raises(BrokenInspection):
        child.run(script(f"raise SystemExit({child.BROKEN})"), pace=AT_ONCE)
    with pytest.raises(BrokenInspection):
        child.run(["/nowhere/python"])


@pytest.mark.parametrize(
    "words",
    [["pdf", "file", "copy"], ["check", "5", "30", "pdf"], ["look", "5", "30", "pdf", "x"], []],
)
def test_question_of_another_version_is_never_the_fault_of_the_file(words):
    """While a new version is put in place, a worker of the one before asks in its own words."""
    with pytest.raises(BrokenInspection):
        child.run([sys.executable, "-m", "portal.inspection", *words], pace=AT_ONCE)


def test_process_inherits_no_secret_and_writes_nothing(tmp_path):
    look = f"""
import json, os, sys
try:
    with open({str(tmp_path / "left")!r}, "wb") as file:
        file.write(b"0" * 10_000)
        file.flush()
    wrote = os.path.getsize({str(tmp_path / "left")!r})
except OSError:
    wrote = 0
clean = "SECRET_KEY" not in os.environ and "DATABASE_URL" not in os.environ and wrote <= 4096
print(json.dumps({{"rule": None if clean else "virus"}}))
"""
    assert child.run(script(look), pace=AT_ONCE).rule is None


def test_inspection_knows_neither_django_nor_the_rest_of_the_portal():
    for path in (Path(settings.BASE_DIR) / "portal" / "inspection").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                assert not node.module.startswith("django")
                assert not node.module.startswith("portal") or node.module.startswith(
                    "portal.inspection"
                )


def test_command_prints_one_line(tmp_path):
    import subprocess  # noqa: PLC0415 -- here only

    (tmp_path / "file").write_bytes(files.make_pdf())
    what = ["check", "5", "30", "pdf", str(tmp_path / "file")]
    said = subprocess.run(
        [sys.executable, "-B", "-m", "portal.inspection", *what],
        capture_output=True,
        cwd=settings.BASE_DIR,
        check=True,
    )
    verdict = json.loads(said.stdout)
    assert (verdict["rule"], verdict["cleaned"]) == (None, [])
    assert 0 < verdict["seconds"] < child.CPU_SECONDS
    assert said.stdout.count(b"\n") == 1
