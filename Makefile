# Plain wrappers; a fresh machine needs Python (3.11 to 3.14), pip and make.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
APT    := sip-tester tshark
PHONE  := linphone-cli
CORE   := src/ringback/media/core
C      := $(wildcard $(CORE)/*.[ch] $(CORE)/vendor/*.c $(CORE)/vendor/*/*.[ch])

.PHONY: demo setup test check strict docs interop lock bench soak sanitize fuzz clean

demo: $(VENV)/.runtime
	$(BIN)/ringback demo --out demo-out

$(VENV)/.runtime: requirements.lock pyproject.toml setup.py $(C)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --editable .
	touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	$(BIN)/pip install --quiet --require-hashes -r requirements-dev.lock
	touch $@

# Everything that tests need: test tools, ringback[espeak], and SIPp and tshark where apt-get may install them.
setup: $(VENV)/.dev
	@command -v sipp >/dev/null && command -v tshark >/dev/null || if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(APT); \
	else echo "SIPp or tshark is missing: sudo apt-get install $(APT)" >&2; fi

test: setup
	$(BIN)/python -m pytest -q -n 3 --dist worksteal

check: setup
	$(MAKE) --no-print-directory strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m ringback.app.faces --check src
	$(BIN)/python -m ringback.app.reference --check docs
	$(BIN)/python -m ringback.app.documentation docs README.md CONTRIBUTING.md

# Compiles the C that we wrote without a warning; what it makes is thrown away.
strict: build/strict
build/strict: $(C)
	@command -v $(CC) >/dev/null || { echo "there is no C compiler: the C is not checked" >&2; exit 1; }
	mkdir -p $@
	for source in $(filter %.c,$(filter-out $(CORE)/vendor/%,$(C))); do \
	  $(CC) -std=c11 -D_GNU_SOURCE -DPy_LIMITED_API=0x030B0000 -Wall -Wextra -Werror -O2 -pthread -c \
	    $$($(BIN)/python -c 'import sysconfig; print("-I" + sysconfig.get_path("include"))') \
	    $$source -o $@/$$(basename $$source).o || exit 1; done
	touch $@

# Writes docs/reference anew, then holds all pages to what is there: links, settings, callflows, commands.
docs: $(VENV)/.runtime
	$(BIN)/python -m ringback.app.reference docs
	$(BIN)/python -m ringback.app.documentation docs README.md CONTRIBUTING.md

# Calls with SIPp, baresip and Linphone, and the page that tells how they went; some five minutes.
interop: setup
	@command -v linphonec >/dev/null || if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends $(PHONE); \
	else echo "Linphone is missing: sudo apt-get install $(PHONE)" >&2; fi
	$(BIN)/python -m pytest -q --interop

bench: setup
	$(BIN)/python benchmarks/run.py

# A million legs of the C engine, opened and closed beside calls that go on.
soak: setup
	$(BIN)/python benchmarks/media/soak.py

# The C tests under ASan with UBSan, under TSan and, where it is installed, under valgrind.
sanitize: setup
	$(BIN)/python -m tests.c.sanitize

# A minute for each parser of what comes from outside; clang's libFuzzer where there is one.
fuzz: setup
	$(BIN)/python -m tests.fuzz.run

lock:
	$(BIN)/uv pip compile --universal --generate-hashes --no-header --python-version 3.11 -q -o requirements.lock pyproject.toml
	$(BIN)/uv pip compile --universal --generate-hashes --no-header --python-version 3.11 -q --extra espeak --group dev --prerelease if-necessary-or-explicit -c requirements.lock -o requirements-dev.lock pyproject.toml

clean:
	rm -rf $(VENV) demo-out build $(CORE)/*.so
