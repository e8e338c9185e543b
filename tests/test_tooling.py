"""What `make` relies on: nothing twice, nothing half, and a way on when something fails."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tools import check_repository, setup

ROOT = Path(__file__).resolve().parent.parent
EMPTY = "# Nothing to install.\n"


@pytest.fixture
def environment(tmp_path: Path) -> setup.Environment:
    """An environment whose requirements hold no package: it can be made without a network."""
    (tmp_path / "requirements").mkdir()
    for kind in ("run", "dev"):
        (tmp_path / "requirements" / f"{kind}.txt").write_text(EMPTY)
    return setup.Environment(tmp_path / ".venv", tmp_path / "requirements", pauses=(0.0, 0.0))


@pytest.fixture
def installed(environment: setup.Environment) -> setup.Environment:
    """The same after a complete installation, as far as the stamp knows."""
    environment.python.parent.mkdir(parents=True)
    environment.python.symlink_to("/bin/sh")
    environment.write_stamp({"run": environment.fingerprint("run")})
    return environment


def fail(times: int, log: Path) -> list[str]:
    """A command that fails so many times, with a line on each."""
    script = f'echo try >> {log}; echo "ERROR: no connection"; test $(wc -l < {log}) -gt {times}'
    return ["sh", "-c", script]


# --- Stamp -------------------------------------------------------------------------------------------------------


def test_a_complete_installation_is_current(installed: setup.Environment) -> None:
    assert installed.is_current("run")
    assert not installed.is_current("dev")


@pytest.mark.parametrize("change", ["requirements", "place", "interpreter gone", "stamp cut off"])
def test_a_changed_installation_is_not_current(installed: setup.Environment, change: str) -> None:
    environment = installed
    if change == "requirements":
        (installed.requirements / "run.txt").write_text("# Another.\n")
    elif change == "place":
        installed.venv.rename(installed.venv.with_name("moved"))
        environment = setup.Environment(installed.venv.with_name("moved"), installed.requirements)
    elif change == "interpreter gone":
        installed.python.unlink()
    else:
        installed.stamp_file.write_text('{"run": "')

    assert not environment.is_current("run")


def test_another_python_is_not_current(installed: setup.Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup.platform, "python_version", lambda: "3.99.0")

    assert not installed.is_current("run")


# --- Installing --------------------------------------------------------------------------------------------------


def test_environment_is_built_once_and_rebuilt_when_cut_off(
    environment: setup.Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    assert environment.ensure("dev")
    assert "Making the virtual environment" in capsys.readouterr().out

    assert not environment.ensure("dev")
    assert not environment.ensure("run"), "dev holds everything run has"
    assert capsys.readouterr().out == ""

    # A kill in the middle leaves files and no stamp.
    environment.stamp_file.unlink()
    (environment.venv / "half").write_text("")
    assert environment.ensure("run")
    assert not (environment.venv / "half").exists()
    assert subprocess.run([environment.python, "-c", "import pip"], check=False).returncode == 0


def test_a_failed_download_leaves_the_environment_as_it_was(installed: setup.Environment) -> None:
    # This "Python" is a shell: it cannot run pip.
    with pytest.raises(setup.SetupError, match="Installing packages failed"):
        installed.install("dev")

    assert installed.is_current("run")
    assert not installed.is_current("dev")


def test_an_installation_that_changed_packages_and_failed_is_not_current(installed: setup.Environment) -> None:
    packages = installed.venv / "lib" / "python3.11" / "site-packages"

    def stopped_halfway() -> None:
        with installed.unstamped():
            (packages / "half-1.0.dist-info").mkdir(parents=True)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped_halfway()

    assert installed.stamp() == {}


# --- Failures ----------------------------------------------------------------------------------------------------


def test_a_failing_command_is_tried_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "log"

    setup.retry(lambda: setup.run_quietly(fail(2, log)), what="Installing", pauses=(0.0, 0.0))

    assert log.read_text().count("try") == 3
    assert capsys.readouterr().out.count("ERROR: no connection") == 2


def test_the_third_failure_is_final_and_says_why(tmp_path: Path) -> None:
    log = tmp_path / "log"

    with pytest.raises(setup.SetupError, match="Installing failed: ERROR: no connection"):
        setup.retry(lambda: setup.run_quietly(fail(9, log)), what="Installing", pauses=(0.0, 0.0))

    assert log.read_text().count("try") == 3


def test_a_missing_program_is_an_error_and_not_a_traceback() -> None:
    assert "No such file" in setup.run_quietly(["/nowhere/program"])


def test_old_python_gets_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(setup.sys, "version_info", (3, 9, 2))

    assert setup.main(["run"]) == 1
    assert capsys.readouterr().out.count("\n") == 1


def test_missing_venv_module_gets_one_line(environment: setup.Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup.importlib.util, "find_spec", lambda name: None)

    with pytest.raises(setup.SetupError, match="install the package python3-venv"):
        environment.ensure("run")


def test_browser_is_the_named_one_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)

    monkeypatch.setenv("CHROMIUM", str(program))
    assert setup.find_chromium() == str(program)
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "gone"))
    assert setup.find_chromium() is None


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing on its PATH but an apt-get that writes down what it is asked and makes exiftool."""
    log = tmp_path / "log"
    apt = tmp_path / "apt-get"
    apt.write_text(f"#!/bin/sh\necho $1 $* >> {log}\n: > {tmp_path}/exiftool\n")
    apt.write_text(apt.read_text() + f"/bin/chmod +x {tmp_path}/exiftool\n")
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(setup.os, "geteuid", lambda: 0)
    monkeypatch.setattr(setup, "SYSTEMD", tmp_path / "none")
    monkeypatch.setattr(setup, "SERVER_FOLDERS", "")
    return log


def test_programs_of_the_tests_come_in_one_step_and_those_that_do_not_are_named(
    bare_machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    setup.ensure_programs()

    (installed,) = [line for line in bare_machine.read_text().splitlines() if line.startswith("install")]
    for package in (
        "chromium-headless-shell",
        "fonts-nanum",
        "libimage-exiftool-perl",
        "swift-proxy",
        "memcached",
        "nginx-light",
    ):
        assert f" {package}" in installed
    said = capsys.readouterr().out.splitlines()[-1]
    assert said.startswith(
        "Not found: Chromium (package chromium-headless-shell), swift-proxy-server (package swift-proxy)"
    )
    assert "exiftool" not in said


def test_services_are_not_installed_where_they_would_start(bare_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "SYSTEMD", bare_machine.parent)

    setup.ensure_programs()

    assert "libimage-exiftool-perl" in bare_machine.read_text()
    assert "swift" not in bare_machine.read_text()
    assert "nginx" not in bare_machine.read_text()


def test_nothing_is_installed_where_we_may_not_or_nothing_is_missing(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(setup.os, "geteuid", lambda: 1000)
        setup.ensure_programs()
    monkeypatch.setattr(setup, "missing_programs", dict)
    setup.ensure_programs()

    assert not bare_machine.exists()


# --- The check of the repository ---------------------------------------------------------------------------------


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    (root / "requirements").mkdir(parents=True)
    subprocess.run(["git", "init", "--quiet", root], check=True)
    pin = "django==5.2 \\\n    --hash=sha256:00\n"
    (root / "requirements" / "run.txt").write_text(pin)
    (root / "requirements" / "dev.txt").write_text(pin)
    (root / "README.md").write_text("See https://www.djangoproject.com/ and TO: the readers.\n")
    (root / "cover.png").write_bytes(b"\x89PNG\0" + os.urandom(1000))
    return root


def test_a_clean_repository_passes(repository: Path) -> None:
    assert check_repository.check(repository) == []


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("docs.md", "from https://py" + "pi.org/simple", "address of a package registry"),
        ("Dockerfile", "RUN echo deb.de" + "bian.org", "address of a package registry"),
        ("requirements/run.txt", "--index" + "-url somewhere\n", "option that names an index"),
        ("requirements/dev.txt", "django>=5.2\n", "not one exact version"),
        ("requirements/dev.txt", "django==5.2\n", "no hash"),
        ("requirements/run.txt", "other==1 \\\n    --hash=sha256:00\n", "lacks other==1"),
        ("views.py", "# TO" + "DO: later", "loose end"),
        ("big.bin", "\0" * 200_001, "200 kB"),
        ("uv.lock", "", "records addresses"),
    ],
)
def test_a_planted_fault_is_found(repository: Path, name: str, content: str, fault: str) -> None:
    (repository / name).write_text(content)

    assert any(fault in line for line in check_repository.check(repository))


def test_the_path_of_the_checkout_is_found(repository: Path) -> None:
    (repository / "run.sh").write_text(f"cd {repository}/deploy\n")

    assert any("path of this machine" in line for line in check_repository.check(repository))


def test_ignored_files_are_not_looked_at(repository: Path) -> None:
    (repository / ".gitignore").write_text("var/\n")
    (repository / "var").mkdir()
    (repository / "var" / "big.bin").write_bytes(b"\0" * 300_000)

    assert check_repository.check(repository) == []


# --- make --------------------------------------------------------------------------------------------------------


def test_every_target_of_the_makefile_is_listed_by_help() -> None:
    listed = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True)

    for target in ("run", "test", "test-all", "lint", "bench", "screens", "lock", "messages", "clean"):
        assert f"make {target} " in listed.stdout
