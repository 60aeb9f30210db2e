"""The examples of operations are taken by the strict encoder and by the local service; the tables are those of the code."""

from __future__ import annotations

import inspect
import json
import re
import shutil
import subprocess
import sys
import typing
from pathlib import Path
from typing import Any

import pytest

import chimeline
import programs
from chimeline._generated.config_options import DEFAULTS, NATIVE
from chimeline.testing import LocalChime
from pages import ROOT, blocks, operations

PAGES = {str(page.relative_to(ROOT)): page.read_text() for page in operations()}
# The examples name resources that the local service does not have, or that other examples made.
TAKEN = {"success", "NotFoundException", "ResourceNotFoundException", "ConflictException", "ResourceLimitExceededException"}
# The recording that it joins is not there.
REFUSED = {"docs/reference/chime-sdk-media-pipelines/create_media_concatenation_pipeline.md": "BadRequestException"}
STRICT = {
    "python": (r"(chimeline\.client\([^)]*)\)", r'\1, config=chimeline.Config(parameter_validation="strict"))'),
    "js": (r"\(\{\}\);", '({ parameterValidation: "strict" });'),
}


def examples(language: str) -> dict[str, dict[str, Any]]:
    found = {}
    for name, text in PAGES.items():
        (block,) = (block for block in blocks(text) if block.language == language)
        strict, times = re.subn(*STRICT[language], block.text, count=1)
        assert times == 1, name
        found[name] = {"line": block.line, "text": strict}
    return found


def run(language: str, given: dict[str, dict[str, Any]], folder: Path) -> dict[str, str]:
    command = [sys.executable, "-W", "error", str(Path(__file__).with_name("run_examples.py"))]
    with LocalChime() as chime:
        environment = programs.prepared(folder, chime)
        if language == "js":
            shutil.copy(Path(__file__).with_name("run_examples.mjs"), folder)
            command = ["node", "run_examples.mjs"]
        done = subprocess.run(
            command, check=False, input=json.dumps(given), cwd=folder, env=environment, capture_output=True, text=True
        )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_there_is_a_page_for_each_operation() -> None:
    assert len(PAGES) == 51


@pytest.mark.parametrize("language", ["python", "js"])
def test_every_example_is_taken_by_the_strict_encoder_and_by_the_local_service(language: str, tmp_path: Path) -> None:
    outcomes = run(language, examples(language), tmp_path)
    assert {name: outcome for name, outcome in outcomes.items() if outcome not in TAKEN} == REFUSED
    assert len(outcomes) == len(PAGES)


@pytest.mark.parametrize("language", ["python", "js"])
def test_an_example_with_another_name_of_a_member_is_refused(language: str, tmp_path: Path) -> None:
    name = "docs/reference/chime-sdk-media-pipelines/create_media_capture_pipeline.md"
    example = examples(language)[name]
    example["text"] = example["text"].replace("SinkArn", "SinkArm")
    outcome = run(language, {name: example}, tmp_path)[name]
    assert "SinkArm" in outcome
    assert outcome not in TAKEN


def test_the_table_of_options_has_those_of_the_code() -> None:
    names = set(re.findall(r"`([^`]+)`", (ROOT / "docs/reference/options.md").read_text()))
    first = {name.split(".")[0] for name in names}
    arguments = set(inspect.signature(chimeline.client).parameters)
    # The service itself, the Config, and what botocore takes and these services have no use for.
    arguments -= {"service_name", "config", "use_ssl", "api_version", "aws_account_id"}
    assert (set(DEFAULTS) | arguments) - first == set()
    options = (ROOT / "node/generated/client_options.cjs").read_text()
    (types,) = re.findall(r"const TYPES = \{(.*?)\n\};", options, re.DOTALL)
    assert set(re.findall(r"^  (\w+):", types, re.MULTILINE)) - first == set()
    sources = " ".join(path.read_text() for path in (ROOT / "crates/core/src").rglob("*.rs"))
    variables = set(re.findall(r'"(AWS_[A-Z0-9_]+)"', sources))
    assert variables - names == set()


def test_every_option_is_taken_and_has_its_setting() -> None:
    annotations = typing.get_type_hints(chimeline.Config)
    assert annotations.keys() == DEFAULTS.keys()
    assert vars(chimeline.Config()).keys() - {"_given"} == DEFAULTS.keys()
    documented = set(re.findall(r"^    (\w+): ", chimeline.Config.__doc__ or "", re.MULTILINE))
    assert documented == DEFAULTS.keys()
    for name in NATIVE:
        with pytest.raises(TypeError, match=rf"^{name} must be .+, not object$"):
            chimeline.client("chime", config=chimeline.Config(**{name: object()}))


def test_the_table_of_options_has_the_defaults_of_a_client() -> None:
    with LocalChime() as chime:
        config = chime.blocking_client("chime").meta.config
    rows = (ROOT / "docs/reference/options.md").read_text().splitlines()
    table = {(cells := row.split("|"))[1].strip(" `"): cells[5].strip() for row in rows if row.startswith("| `")}
    assert table["connect_timeout"] == f"{config.connect_timeout} s"
    assert table["read_timeout"] == f"{config.read_timeout:g} s"
    assert table["max_pool_connections"] == str(config.max_pool_connections)
