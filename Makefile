# Two commands: `make book` and `make test`. They need Python >= 3.11, make and the package registries.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000

# PYTHON=/path/to/python wins; else the first interpreter that is new enough.
FIND_PYTHON = for p in "$(PYTHON)" python3 python3.13 python3.12 python3.11 python3.14 python; do \
  if [ -n "$$p" ] && "$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
  then echo "$$p"; exit 0; fi; done

.PHONY: help book page pdf serve env test test-% lint clean lighthouse text notebook release check grade

help:
	@echo "make book        environment, executed notebooks, the site in _build/html"
	@echo "make pdf         the whole book as one PDF, printed from the site by a browser"
	@echo "make page NB=chapters/NN_x.ipynb      that page alone, in _build/preview"
	@echo "make serve       the same, served on http://127.0.0.1:$(PORT)/"
	@echo "make test        all set-up and every test; make test-unit, test-site, ...: one group"
	@echo "make lint        ruff"
	@echo "make text NB=chapters/NN_x.ipynb      a notebook as MyST text, to edit"
	@echo "make notebook NB=chapters/NN_x.ipynb  back: converted, executed, cleaned"
	@echo "make release A=3                      the notebook of assignment 3 for students, in handout/"
	@echo "make check A=3                        is assignment 3 sound?"
	@echo "make grade DIR=submitted              grade what was handed in, into graded/"
	@echo "make lighthouse  the page-speed benchmark"
	@echo "make clean       removes what was built; the environment too with make clean ALL=1"

env:
	@py=$$($(FIND_PYTHON)); \
	if [ -z "$$py" ]; then \
	  echo "This book needs Python 3.11 or newer, and found none. Install one, or name it: make book PYTHON=/path/to/python3" >&2; \
	  exit 1; fi; \
	"$$py" book/environment.py

book: env
	@$(BIN)/python book/build.py

page: env
	@$(BIN)/python book/build.py $(NB)

pdf: book
	@$(BIN)/python book/pdf.py

serve: book
	@$(BIN)/python -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

test: env
	@$(BIN)/python book/run_tests.py

test-%: env
	@$(BIN)/python book/run_tests.py $*

lint: env
	@$(BIN)/ruff check .

text: env
	@$(BIN)/python book/notebooks.py text $(NB)

notebook: env
	@$(BIN)/python book/notebooks.py notebook $(NB)

release check: env
	@$(BIN)/python -m exercises $@ $(A)

grade: env
	@$(BIN)/python -m exercises grade $(or $(DIR),submitted) $(A) $(OPTIONS)

lighthouse: book
	@$(BIN)/python benchmarks/lighthouse.py

clean:
	rm -rf _build .cache .pytest_cache .ruff_cache
	@if [ -n "$(ALL)" ]; then rm -rf $(VENV) book/node_modules tests/site/node_modules benchmarks/node_modules; fi
