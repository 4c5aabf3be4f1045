# One target a job; each sets up what it needs. `make` alone lists them.
STACK  ?= coding-monitor
CONFIG ?=
VENV   := .venv/bin
LAB    := $(VENV)/containment lab
PAIRS  := $(foreach pair,$(CONFIG),--config $(pair))
WITH   := --policy-pack policypack $(PAIRS)

.PHONY: help setup up demo preview preflight destroy down test soak lint requirements docs

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | sort

setup: .venv/.ready ## make .venv with every pinned dependency

.venv/.ready: requirements.txt pyproject.toml sdks/aviatrix/pyproject.toml .ci/setup .ci/packages
	sh .ci/setup

up: setup ## bring up the platform and STACK in the lab, with the policy pack enforced
	$(LAB) up -C platform --stack platform --policy-pack policypack
	$(LAB) up --stack $(STACK) $(WITH)
	@echo
	$(LAB) verify --stack $(STACK) $(PAIRS) --skip-if-impossible
	@echo
	@echo "$(STACK) is up. Look at it:"
	@echo "  $(VENV)/containment plan --stack $(STACK)          the ordered rules, with why and source"
	@echo "  $(VENV)/containment lab export --stack $(STACK)    the state, as 'pulumi stack export' prints it"
	@echo "  $(VENV)/containment lab run --stack $(STACK) -- bash   a shell where the agent runs; lab watch shows its decisions"
	@echo "  $(VENV)/containment lab status                     the simulators, and where to reach them"
	@echo "  make destroy, then make down                 to leave nothing behind"

DEMO := env CONTAINMENT_LAB_HOME=$(CURDIR)/.lab/demo $(LAB)

demo: setup ## from nothing to proof: the six tests in monitor, the flip to enforce under a live host, the six again, one page
	@mkdir -p .lab/demo
	$(DEMO) up --stack dev --policy-pack policypack --config agentClass=coding --config policyMode=monitor
	@echo; echo "== monitor: what nobody permitted is delivered, and logged as would-be-denied"
	$(DEMO) verify --stack dev --config agentClass=coding --config policyMode=monitor --skip-if-impossible
	@echo; echo "== the same host, the policy flipped to enforce"
	$(DEMO) up --stack dev --policy-pack policypack --config agentClass=coding --config policyMode=enforce
	$(DEMO) verify --stack dev --config agentClass=coding --config policyMode=enforce --skip-if-impossible
	@echo; $(DEMO) report --stack dev --config agentClass=coding --config policyMode=enforce --out containment-report.html --skip-if-impossible
	@echo "to leave nothing behind: make down"

preview: setup ## show what `up` would do, judged by the policy pack
	$(LAB) preview --stack $(STACK) $(WITH)

preflight: setup ## look at this machine, the account and the Controller before a deployment, and prove the policy's invariants
	$(VENV)/containment doctor
	$(VENV)/containment preflight --stack $(STACK) $(foreach pair,$(CONFIG),--config $(pair))
	$(VENV)/containment plan --stack $(STACK) > /dev/null && echo "policy of $(STACK): every invariant holds"

destroy: setup ## destroy STACK in the lab, and the platform when no other stack stands on it
	$(LAB) world down --stack $(STACK)
	$(LAB) destroy --stack $(STACK)
	@if [ -z "$$($(LAB) stacks --project agent-containment)" ]; then $(LAB) destroy -C platform --stack platform; \
	else echo "the platform stays: other stacks stand on it:" $$($(LAB) stacks --project agent-containment); fi

down: setup ## end the lab's simulators and networks
	$(LAB) down
	@if [ -d .lab/demo ]; then $(DEMO) down; fi

test: setup ## run every test (the workers mostly wait for programs: five keep two cores busy)
	$(VENV)/python -m pytest -n 5 --dist loadfile --no-loadscope-reorder

soak: setup ## full counts of what `make test` samples: mutants, configurations, changes of deployed stacks, states (an hour or two)
	@status=0; \
	$(VENV)/python -m tests.policypack.mutants || status=1; \
	$(VENV)/python -m tests.policypack.soak || status=1; \
	STATES=10000 $(VENV)/python -m pytest -q --timeout 0 tests/policypack/proof || status=1; \
	exit $$status

lint: setup ## ruff and mypy strict
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy

requirements: setup ## pin pyproject.toml's dependencies again, with hashes
	sh .ci/requirements

docs: setup ## rewrite the generated tables in the documentation
	$(VENV)/python -m containment.verify.project_file --write
	$(VENV)/python -m containment.verify.tables --write
