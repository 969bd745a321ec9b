"""`gridloop serve`: the web server's process; it answers no request itself, `server.create_app()` does.

Without Redis each web worker carries messages too, on a thread.
"""

import os
from pathlib import Path

import click
import structlog
from flask import Flask
from granian.utils.proxies import wrap_wsgi_with_proxy_headers

from server import create_app
from server.config import Settings, read_settings
from server.logs import set_up
from workers import embedded, figures
from workers.alone import hold_alone
from workers.listening import listen, serve
from workers.logs import GRANIAN


@click.command("serve")
def serve_command() -> None:
    """启动网页服务。 Serve the web application until it is told to stop.

    地址、端口、进程数与线程数取自 GRIDLOOP_HOST、GRIDLOOP_PORT、GRIDLOOP_WEB_PROCESSES、GRIDLOOP_WEB_THREADS。

    SIGTERM or Ctrl-C lets running requests finish (at most 30 seconds) before it ends.
    """
    settings = read_settings()
    set_up()
    if settings.embedded:
        hold_alone(Path(str(settings.database_url.database)).resolve())
    # Built once here so that a senseless setting or a lost key ends the start and not every worker.
    create_app(settings)
    listener = listen(settings.host, settings.port)
    click.echo(f"网格闭环已启动 Gridloop is served at {settings.public_url}")
    log = structlog.get_logger("gridloop.web")
    log.info(
        "web_started",
        host=settings.host,
        port=settings.port,
        public_url=settings.public_url,
        process=os.getpid(),
        processes=settings.web_processes,
        threads=settings.web_threads,
        database=settings.database_url.get_backend_name(),
        couriers="redis" if settings.redis_url else "embedded",
    )
    try:
        serve(
            listener,
            lambda: open_office(settings),
            processes=settings.web_processes,
            threads=settings.web_threads,
            logging=GRANIAN,
        )
    finally:
        log.info("web_stopped", process=os.getpid())


def open_office(settings: Settings) -> Flask:
    """What a web worker serves. Each has an office of its own: connections, locks and threads must not cross a fork.

    Without Redis it also carries the messages.
    """
    app = create_app(settings)
    # The address of whoever asks, from the web server in front; what others say of themselves is not believed.
    app.wsgi_app = wrap_wsgi_with_proxy_headers(app.wsgi_app, list(settings.proxies))  # type: ignore[method-assign]
    if settings.redis_url is None:
        figures.register()
        embedded.start(app)
    return app
