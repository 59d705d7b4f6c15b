"""Runs the fuzz targets: `python -m tests.fuzz.run [SECONDS]` each, 60 where nothing is said.

With clang's libFuzzer where clang has it, else with mutations of the seeds alone, under gcc; both under ASan and UBSan.
"""

import subprocess
import sys
import time
from pathlib import Path

from tests.c.build import OUT, DoesNotCompile, Way, program, run

HERE = Path(__file__).parent
TARGETS = sorted(HERE.glob("fuzz_*.c"))
DRIVER = HERE / "driver.c"
SANITIZED = ("-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
DRIVEN = Way("fuzz", "gcc", SANITIZED)
LIBFUZZER = Way("libfuzzer", "clang", (*SANITIZED, "-fsanitize=fuzzer-no-link"), link=("-fsanitize=fuzzer",))
SECONDS = 60.0
GRACE_SECONDS = 60.0
EVERY = 10**12
"""More inputs than there is time for."""


def main() -> None:
    """Fuzz each target; exit with 1 if one of them fails."""
    seconds = float(sys.argv[1]) if sys.argv[1:] else SECONDS
    failed = 0
    for target in TARGETS:
        done = fuzz(target, seconds)
        failed += done.returncode != 0
        print(f"{target.stem}: {'ok' if done.returncode == 0 else 'FAILED'}, {done.stdout.splitlines()[-1:]}")
        if done.returncode:
            print(done.stdout)
    sys.exit(1 if failed else 0)


def fuzz(target: Path, seconds: float) -> subprocess.CompletedProcess[str]:
    """Fuzz a target for so long, each time with other inputs."""
    if not LIBFUZZER.missing:
        try:
            made = program(target, LIBFUZZER)
        except DoesNotCompile as refused:
            print(f"clang has no libFuzzer here: {str(refused).splitlines()[-1:]}")
        else:
            found = OUT / LIBFUZZER.name / f"{target.stem}-inputs"
            found.mkdir(exist_ok=True)
            options = (f"-max_total_time={seconds:.0f}", "-max_len=4096", f"-artifact_prefix={OUT}/")
            return run(made, LIBFUZZER, (*options, str(found), str(seeds(target))), seconds + GRACE_SECONDS)
    return drive(target, seconds, EVERY, int(time.time()))


def drive(target: Path, seconds: float, count: int, seed: int) -> subprocess.CompletedProcess[str]:
    """Run a target with its seeds and mutations of them; the same `seed` gives the same inputs."""
    made = program(target, DRIVEN, DRIVER)
    arguments = (str(seeds(target)), str(seconds), str(count), str(seed))
    return run(made, DRIVEN, arguments, seconds + GRACE_SECONDS)


def seeds(target: Path) -> Path:
    """Give the folder of a target's seeds."""
    return HERE / "seeds" / target.stem.removeprefix("fuzz_")


if __name__ == "__main__":
    main()
