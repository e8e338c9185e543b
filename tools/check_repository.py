"""Check what must not get into the repository: addresses of registries, paths of a machine, big files, loose ends."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LARGEST = 200_000
# Where packages come from is a matter of the machine, not of the project.
# All written in two parts, or this file would find itself.
REGISTRIES = re.compile(
    r"\b(py"
    r"pi\.org|python"
    r"hosted\.org|npm"
    r"js\.(org|com)|yarn"
    r"pkg\.com|crates"
    r"\.io|ruby"
    r"gems\.org"
    r"|(deb|ftp|security|archive|snapshot)(\.\w+)?\.de"
    r"bian\.org|archive\.ubu"
    r"ntu\.com)\b"
)
INDEX_OPTIONS = re.compile(r"--(extra-)?index" r"-url|--find" r"-links|--trusted" r"-host")
LOOSE_ENDS = re.compile(r"\b(TO" r"DO|FIX" r"ME)\b")
# Other people's texts and the compiled requirements are long, and not ours to shorten.
NOT_OURS = {"LICENSE"}


def repository_files(root: Path) -> list[Path]:
    """Return what is tracked or would be: a fault is cheaper to mend before it is committed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if listed.returncode:
        # An unpacked archive has no history: what is made on the spot is left out by name.
        made = re.compile(r"(^|/)(\.venv|\.git|var|node_modules|__pycache__|\.\w+_cache)/|\.mo$")
        files = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
        return sorted(path for path in files if not made.search(path.as_posix()))
    return sorted(Path(name) for name in set(listed.stdout.split("\0")) if name and (root / name).is_file())


def own_paths(root: Path) -> re.Pattern[str] | None:
    """Match the absolute path of this checkout; a short one such as /app is an everyday word."""
    if len(root.parts) < 3:
        return None
    return re.compile(rf"(?<![\w./-]){re.escape(str(root))}(?![\w-])")


def text_faults(name: str, text: str, root: Path) -> Iterator[str]:
    checks = {
        "address of a package registry": REGISTRIES,
        "option that names an index": INDEX_OPTIONS if name.startswith("requirements") else None,
        "loose end": LOOSE_ENDS,
        "path of this machine": own_paths(root),
    }
    for number, line in enumerate(text.splitlines(), 1):
        for what, pattern in checks.items():
            if pattern and (match := pattern.search(line)):
                yield f"{name}:{number}: {what}: {match[0]}"


def requirement_faults(name: str, text: str) -> Iterator[str]:
    """Every requirement is one exact version with at least one hash."""
    logical = text.replace("\\\n", " ").splitlines()
    for line in logical:
        requirement, *hashes = line.split("--hash=")
        if not requirement.strip() or line.startswith("#"):
            continue
        if "==" not in requirement:
            yield f"{name}: not one exact version: {requirement.strip()}"
        elif not hashes or not all(item.startswith("sha256:") for item in hashes):
            yield f"{name}: no hash: {requirement.strip()}"


def subset_faults(root: Path) -> Iterator[str]:
    """The files share one environment: dev holds everything run has, word for word."""
    run, dev = (root / "requirements" / f"{kind}.txt" for kind in ("run", "dev"))
    if run.exists() and dev.exists():
        pins = [{line for line in file.read_text().splitlines() if "==" in line} for file in (run, dev)]
        for line in sorted(pins[0] - pins[1]):
            yield f"requirements/dev.txt lacks {line.rstrip(' ' + chr(92))} of run.txt (make lock)"


def check(root: Path = ROOT) -> list[str]:
    found = list(subset_faults(root))
    for path in repository_files(root):
        name, content = path.as_posix(), (root / path).read_bytes()
        # A list of hashes grows with its packages, one for every platform.
        if len(content) > LARGEST and path.parts[0] != "requirements":
            found.append(f"{name}: {len(content) // 1000} kB, the limit is {LARGEST // 1000}")
        if path.name == "uv.lock":
            found.append(f"{name}: records addresses of an index")
        if b"\0" in content or path.name in NOT_OURS:
            continue
        text = content.decode("utf-8", errors="replace")
        found += text_faults(name, text, root)
        if name.startswith("requirements/") and path.suffix == ".txt":
            found += requirement_faults(name, text)
    return found


def main() -> int:
    found = check()
    print("\n".join(found) or "Nothing found that does not belong here.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
