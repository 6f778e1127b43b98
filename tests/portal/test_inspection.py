"""What is refused and what is taken, file by file; the process that looks is really bounded."""

from __future__ import annotations

import ast
import io
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings

from portal.choices import Refusal
from portal.inspection import BrokenInspection, NoVerdict, Refused, Rule, child, inspect
from portal.inspection.kinds import look_into
from tests.factories import files
from tests.factories.hostile_files import hostile


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
    assert inspect(str(tmp_path / "file"), kind).rule is None


@pytest.mark.parametrize("name", ["pdf script in a link", "docx with laughs", "jpg cut off"])
def test_process_says_the_rule(name, tmp_path):
    kind, content, rule = hostile()[name]
    (tmp_path / "file").write_bytes(content)
    assert inspect(str(tmp_path / "file"), kind).rule == rule


def test_every_rule_has_a_sentence_and_no_sentence_is_left_over():
    assert {rule.value for rule in Rule} == set(Refusal.values)
    for refusal in Refusal:
        # What was found, then what to do; said to a person, without the rule's own key.
        assert str(refusal.label).count(".") >= 2
        assert len(str(refusal.label)) > 40


# -- bounds -----------------------------------------------------------------------------------


#: Looks at one file and says what came of it, how long it took and the most memory it used. A
#: process of its own: here the largest child so far may have been a browser.
LOOK = """
import json, resource, sys, time
from portal.inspection.child import NoVerdict, inspect
begun = time.monotonic()
try:
    found = inspect(sys.argv[2], sys.argv[1]).rule
    found = found and found.value
except NoVerdict:
    found = "no verdict"
kilobytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps([found, time.monotonic() - begun, kilobytes * 1024]))
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
    assert seconds < 6
    assert memory <= child.MEMORY


def script(text):
    """A process that takes on the bounds and then does as it is told."""
    begin = "from portal.inspection.__main__ import bound, cut_off; cut_off(); bound()\n"
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
    assert child.run(script(greedy)).rule is Rule.HEAVY


def test_processor_is_bounded(monkeypatch):
    # The wall far away, so that on a busy machine too it is the processor that runs out.
    monkeypatch.setattr(child, "WALL_SECONDS", 60)
    sooner = "from portal.inspection import child; child.CPU_SECONDS, child.WALL_SECONDS = 1, 60\n"
    command = script("while True: pass")
    command[-1] = sooner + command[-1]
    assert child.run(command).rule is Rule.HEAVY


def test_wall_is_bounded(monkeypatch):
    monkeypatch.setattr(child, "WALL_SECONDS", 0.5)
    begun = time.monotonic()
    with pytest.raises(NoVerdict, match="within"):
        child.run(script("import time; time.sleep(60)"))
    assert time.monotonic() - begun < 2


def test_process_that_dies_gives_no_verdict():
    with pytest.raises(NoVerdict, match="-9"):
        child.run(script("import os; os.kill(os.getpid(), 9)"))


def test_process_that_talks_nonsense_gives_no_verdict():
    with pytest.raises(NoVerdict):
        child.run(script("print('<html>')"))


def test_missing_library_is_not_the_files_fault():
    with pytest.raises(BrokenInspection):
        child.run(script(f"raise SystemExit({child.BROKEN})"))
    with pytest.raises(BrokenInspection):
        child.run(["/nowhere/python"])


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
    assert child.run(script(look)).rule is None


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
    said = subprocess.run(
        [sys.executable, "-B", "-m", "portal.inspection", "check", "pdf", str(tmp_path / "file")],
        capture_output=True,
        cwd=settings.BASE_DIR,
        check=True,
    )
    verdict = json.loads(said.stdout)
    assert (verdict["rule"], verdict["cleaned"]) == (None, [])
    assert 0 < verdict["seconds"] < child.CPU_SECONDS
    assert said.stdout.count(b"\n") == 1
