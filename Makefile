PYTHON ?= python3

.PHONY: demo test
demo:
	$(PYTHON) packaging/dev.py demo
test:
	$(PYTHON) packaging/dev.py test
