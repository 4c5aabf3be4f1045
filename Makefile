# One target a job; each sets up what it needs. `make` alone lists them.
STACK  ?= coding-monitor
CONFIG ?=
VENV   := .venv/bin
LAB    := $(VENV)/containment lab
PAIRS  := $(foreach pair,$(CONFIG),--config $(pair))
WITH   := --policy-pack policypack $(PAIRS)
FAST   := tests/broken tests/components tests/presets tests/sdks tests/policypack \
          $(addprefix tests/containment/,analysis catalog config loaders patterns policy risk)

# They start commands by fork, which needs a process without threads and children of other tests.
ALONE  := tests/containment/confinement tests/containment/launcher

.PHONY: help setup up demo lifecycle preview preflight destroy down test test-all test-fast packets real-engine soak lint requirements docs site

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | sort

setup: .venv/.ready ## make .venv with every pinned dependency

.venv/.ready: requirements.txt .ci/openshell.txt pyproject.toml sdks/aviatrix/pyproject.toml .ci/setup .ci/packages .ci/pip_install.py
	sh .ci/setup

up: setup ## bring up the platform and STACK in the lab, with the policy pack enforced
	$(LAB) up -C platform --stack platform --policy-pack policypack
	$(LAB) up --stack $(STACK) $(WITH)
	$(LAB) verify --stack $(STACK) $(PAIRS) --skip-if-impossible
	@echo "Look at it:"
	@echo "  $(VENV)/containment plan --stack $(STACK)              the ordered rules, with why and source"
	@echo "  $(VENV)/containment lab export --stack $(STACK)        the state, as 'pulumi stack export' prints it"
	@echo "  $(VENV)/containment lab run --stack $(STACK) -- bash   a shell where the agent runs; lab watch shows its decisions"
	@echo "  $(VENV)/containment lab status                                the simulators, and where to reach them"
	@echo "$(STACK) is up. To leave nothing behind: make destroy, then make down"

DEMO := env CONTAINMENT_LAB_HOME=$(CURDIR)/.lab/demo $(LAB)

demo: setup ## from nothing to proof: the six tests in monitor, the flip to enforce under a live host, the six again, one page
	@mkdir -p .lab/demo
	$(DEMO) up --stack dev --policy-pack policypack --config agentClass=coding --config policyMode=monitor
	@echo; echo "== monitor: what no rule permits is delivered, and logged as would-be-denied"
	$(DEMO) verify --stack dev --config agentClass=coding --config policyMode=monitor --skip-if-impossible
	@echo; echo "== the same host, the policy flipped to enforce"
	$(DEMO) up --stack dev --policy-pack policypack --config agentClass=coding --config policyMode=enforce
	$(DEMO) verify --stack dev --config agentClass=coding --config policyMode=enforce --skip-if-impossible
	@echo; $(DEMO) report --stack dev --config agentClass=coding --config policyMode=enforce --out containment-report.html --skip-if-impossible
	@echo "The demo is over: six tests in monitor, six in enforce, and a report. To leave nothing behind: make down"

lifecycle: setup ## from an agent's request to its evidence, on one stack in the lab, by packets (docs/lifecycle.md)
	$(VENV)/python -m tools.lifecycle

preview: setup ## show what `up` would do, judged by the policy pack
	$(LAB) preview --stack $(STACK) $(WITH)

preflight: setup ## look at this machine, the account and the Controller before a deployment, and prove the policy's invariants
	$(VENV)/containment doctor
	$(VENV)/containment preflight --stack $(STACK) $(foreach pair,$(CONFIG),--config $(pair))
	$(VENV)/containment plan --stack $(STACK) > /dev/null && echo "policy of $(STACK): every invariant holds"

destroy: setup ## destroy STACK in the lab, and the platform when no other stack needs it
	$(LAB) world down --stack $(STACK)
	$(LAB) destroy --stack $(STACK)
	@if [ -z "$$($(LAB) stacks --project agent-containment)" ]; then $(LAB) destroy -C platform --stack platform; \
	else echo "the platform stays, as other stacks need it:" $$($(LAB) stacks --project agent-containment); fi

down: setup ## end the lab's simulators and networks
	$(LAB) down
	@if [ -d .lab/demo ]; then $(DEMO) down; fi
	@echo "The lab is down: no process of it is left"

# Workers mostly wait for programs: five keep two cores busy.
WORKERS := $(shell cores=$$(nproc); if [ "$$cores" -gt 5 ]; then echo "$$cores"; else echo 5; fi)

# At most six cases of each test, and no test that is marked `long`.
CHOICE := --cases 6

define run_tests
@status=0; \
$(VENV)/python -m pytest -q $(1) $(ALONE) || status=1; \
$(VENV)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations 60 --durations-min 5 $(1) $(ALONE:%=--ignore=%) || status=1; \
exit $$status
endef

test: setup ## run the tests in under ten minutes: at most six cases of each, and none that is long
	$(call run_tests,$(CHOICE))

test-all: setup ## run every case of every test, as CI does
	$(call run_tests)

test-fast: setup ## model, pack and components, at most six cases of each test; no simulators: for every edit
	$(VENV)/python -m pytest -n logical --dist loadfile --no-loadscope-reorder -m "not slow and not packets" $(CHOICE) $(FAST)

packets: setup ## send every scenario and evasion table as packets, in every class and both modes (an hour or more)
	$(VENV)/python -m pytest -m packets --timeout 0

real-engine: setup ## run the official Pulumi CLI on the lab; built from source once (needs Go) where it is not on PATH
	$(VENV)/python -m tests.real_engine

soak: setup ## full counts of what the tests sample: mutants, samples, configurations, changed keys, states, proofs (hours)
	@status=0; \
	$(VENV)/python -m tests.policypack.mutants || status=1; \
	$(VENV)/python -m tests.policypack.soak || status=1; \
	WHOLE=1 $(VENV)/python -m pytest -q --timeout 0 tests/policypack/test_samples.py || status=1; \
	STATES=10000 $(VENV)/python -m pytest -q --timeout 0 tests/policypack/firewall/proof || status=1; \
	ANALYSED=2000 $(VENV)/python -m pytest -q --timeout 0 tests/policypack/firewall/test_analysis.py || status=1; \
	SAMPLES=all $(VENV)/python -m pytest -q --timeout 0 tests/policypack/test_samples_in_the_lab.py || status=1; \
	CONFIGURATIONS=10 $(VENV)/python -m pytest -q --timeout 0 tests/policypack/test_product.py || status=1; \
	$(VENV)/python -m tests.proofs || status=1; \
	$(VENV)/python -m tests.proofs.bugs || status=1; \
	LINES=1000000 $(VENV)/python -m pytest -q --timeout 0 tests/containment/observe/test_fuzz.py || status=1; \
	LINES=1000000 $(VENV)/python -m pytest -q --timeout 0 tests/containment/promotion/test_edit_fuzz.py || status=1; \
	APPROVALS=1000000 $(VENV)/python -m pytest -q --timeout 0 tests/containment/record/test_fuzz.py || status=1; \
	CALL_STRIDE=1 $(VENV)/python -m pytest -q --timeout 0 tests/containment_lab/providers/aws/test_faults.py || status=1; \
	APPROVALS=all $(VENV)/python -m pytest -q --timeout 0 tests/deployment/test_undecided.py || status=1; \
	BUNDLES=100000 $(VENV)/python -m pytest -q --timeout 0 tests/containment/bundle/test_mutations.py || status=1; \
	CONTAINMENT_CALLS=10000 $(VENV)/python -m pytest -q --timeout 0 tests/containment/tools/test_cedar_engine.py || status=1; \
	CASES=20000 $(VENV)/python -m pytest -q --timeout 0 tests/containment/discovery/test_hostile_files.py || status=1; \
	ROWS=10000000 $(VENV)/python -m pytest -q --timeout 0 tests/containment/baseline/test_estate_size.py || status=1; \
	EXAMPLES=100 $(VENV)/python -m pytest -q --timeout 0 tests/containment/observe/test_engines.py || status=1; \
	FAULT_STRIDE=1 $(VENV)/python -m pytest -q --timeout 0 tests/deployment/test_faults.py || status=1; \
	KILL_STRIDE=1 $(VENV)/python -m pytest -q --timeout 0 tests/deployment/test_killed.py tests/containment_lab/engine/test_interruption.py || status=1; \
	exit $$status

# Ratchets: lower RIDDLES and raise VERBS with every change that allows it, never the other way. They end at 3 and 75.
RIDDLES := 3
VERBS   := 75

lint: setup ## ruff, mypy strict, import contracts, and the measures of prose
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy
	$(VENV)/lint-imports --no-logo --no-cache
	$(VENV)/python -m tools.words --brief --at-most $(RIDDLES)
	$(VENV)/python -m tools.verbs --brief --at-least $(VERBS)

requirements: setup ## pin pyproject.toml's dependencies again, with hashes
	sh .ci/requirements

docs: setup ## rewrite the generated tables and pages in the documentation
	$(VENV)/python -m tools.project_file --write
	$(VENV)/python -m tools.tables --write
	$(VENV)/python -m tools.pages --write

site: setup ## build the documentation as a site into site/ (strict; opens without a server)
	NO_MKDOCS_2_WARNING=1 $(VENV)/mkdocs build --strict
