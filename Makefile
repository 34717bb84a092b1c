# Everything happens in a virtual environment of its own; nothing outside this folder is touched
# but the cache of PaddleOCR's sources (PPOCR_GUARD_CACHE, default ~/.cache/ppocr_guard).
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# mypy looks at the package as it installs: hooks/ and dashboards/ inside ppocr_guard/.
TYPED := rm -rf build/typed && mkdir -p build/typed/ppocr_guard && \
	ln -s $(CURDIR)/ppocr_guard/* $(CURDIR)/hooks $(CURDIR)/dashboards build/typed/ppocr_guard/

# Counts what the runs of pytest skipped for want of a program; their last line says it in sum.
SKIPPED := $(VENV)/.skipped

.PHONY: demo test fresh lint unit fuzz bench matrix clean

demo: $(READY)  ## a real PaddleOCR training on CPU that collapses, caught
	$(BIN)/ppocr-guard demo

test: export PPOCR_GUARD_SKIPPED := $(abspath $(SKIPPED))
test: fresh lint unit  ## all tests: fast ones first, then real servers, then real trainings
	$(BIN)/pytest tests/servers  # alone: they wait for seconds of real servers
	$(BIN)/pytest -n 2 --dist loadfile tests/train  # tests of a file share trainings
	$(BIN)/pytest -n 2 tests/faults  # each a training of seconds

fresh: $(READY)
	rm -f $(SKIPPED)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(TYPED)
	cd build/typed && $(CURDIR)/$(BIN)/mypy --config-file ../../pyproject.toml

unit: $(READY)
	$(BIN)/pytest -n 2 tests/unit

# 20 000 inputs for each reader; FUZZ=N for another number. By atheris where there is a wheel of it;
# what fails lies in build/fuzz/crash-*.
KINDS := logs journals yaml guard_sections state_files
fuzz: $(READY)  ## logs, journals, YAML, state files, Guard: sections
	mkdir -p build/fuzz
	if $(BIN)/python -m pip install --quiet --only-binary :all: atheris 2>/dev/null; then \
		cd build/fuzz && for kind in $(KINDS); do \
			../../$(BIN)/python ../../tests/fuzz.py $$kind -runs=$(or $(FUZZ),20000) || exit 1; done; \
	else PPOCR_GUARD_FUZZ=$(or $(FUZZ),20000) $(BIN)/pytest --timeout 0 tests/unit/test_fuzz.py; fi

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --editable ".[demo,test]"
	touch $@

bench: $(READY)  ## the tables that the README quotes; about an hour and a half
	$(BIN)/python -m pip install --quiet tensorboardX 'matplotlib>=3.7'
	$(BIN)/python -m benchmarks.detection
	$(BIN)/python -m benchmarks.diagnosis report
	$(BIN)/python -m benchmarks.faults
	$(BIN)/python -m benchmarks.overhead
	$(BIN)/python -m benchmarks.paired
	$(BIN)/python -m benchmarks.growth
	$(BIN)/python -m benchmarks.geometry
	$(BIN)/python -m benchmarks.log_reading

matrix: $(READY)  ## Python, paddle, numpy and PaddleOCR of many versions, each in a new environment
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/python -m benchmarks.matrix

clean:
	rm -rf $(VENV) build dist *.egg-info
