# The two commands are `make run` and `make test`; everything else is for people who work on the code.
# Needs: make, git, and python3 (3.11 or newer) with its venv module. PYTHON=python3.12 chooses another one.

PYTHON ?= python3
.DEFAULT_GOAL := help
.PHONY: help run test soak check bench lock clean

help:
	@echo 'make run    启动：装好所需、建演示县、开服务       get ready, make the demo county, serve'
	@echo 'make test   安装测试所需并全部运行                 install what the tests need, run all of them'
	@echo 'make soak   长时间的故障测试                       the long versions of the tests of faults'
	@echo 'make check  几秒钟的检查：格式、类型、导入方向     seconds: lint, types, import directions'
	@echo 'make bench  性能测量，结果见 docs/benchmarks.md    measurements, see docs/benchmarks.md'
	@echo 'make lock   按 pyproject.toml 重写依赖锁           rewrite the locks from pyproject.toml'
	@echo 'make clean  删除环境与生成物（数据保留）           remove what was built (data stays)'
	@echo
	@echo 'GRIDLOOP_PORT=9000 GRIDLOOP_DATA_DIR=/srv/gridloop make run   (deploy/gridloop.env 列出全部设置 lists all)'

run:
	@$(PYTHON) deploy/local/environment.py run
	@.venv/bin/python deploy/local/pwa.py build
	@exec .venv/bin/python deploy/local/run.py

test:
	@$(PYTHON) deploy/local/environment.py test
	@.venv/bin/python deploy/local/pwa.py build
	@exec tests/everything.sh

soak:
	@$(PYTHON) deploy/local/environment.py test
	@.venv/bin/python deploy/local/pwa.py build
	@.venv/bin/python tests/provision.py >/dev/null
	@exec tests/pytest.sh -m soak $(ARGS)

check:
	@$(PYTHON) deploy/local/environment.py test
	@exec tests/check.sh

bench:
	@$(PYTHON) deploy/local/environment.py test
	@.venv/bin/python tests/provision.py postgresql >/dev/null
	@exec .venv/bin/python tests/bench $(ARGS)

lock:
	@exec deploy/local/lock.sh

clean:
	rm -rf .venv pwa/node_modules pwa/dist build *.egg-info
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
