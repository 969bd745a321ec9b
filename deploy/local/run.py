"""The last part of `make run`: bring the tables up to date, make sure the demo county is there, serve.

    .venv/bin/python deploy/local/run.py

It does what `gridloop migrate`, `gridloop demo` and `gridloop serve` do, but loads the program once, which is most of
the time these take. The first two run in child processes: a database connection must not be open when the server
forks its workers.
"""
# ruff: noqa: T201  # it talks to the person at the terminal

import multiprocessing
import sys

from workers.main import main

ACCOUNTS = """\
演示账号，密码都是 gridloop-demo        Demo accounts, all with the password gridloop-demo
  worker1  worker2    网格员 grid workers       village1  village2  村（社区） village desks
  fire1               消防应急站 fire unit      township1 leader1   乡镇中心 township centre
  county1             县中心 county centre      admin1    auditor1  管理员、审计员 admin, auditor
"""

if __name__ == "__main__":
    try:
        for command in ("migrate", "demo"):
            child = multiprocessing.get_context("fork").Process(target=main, args=([command],))
            child.start()
            child.join()
            if child.exitcode:
                sys.exit(child.exitcode)
        print(ACCOUNTS, flush=True)
        main(["serve"])
    except KeyboardInterrupt:
        sys.exit(130)
