"""`gridloop outbox`: what the couriers still carry and what they gave up; an operator looks and sends again."""

import uuid

import click

from server import clock, create_app
from server.config import read_settings
from server.db import reading, transaction
from server.services import deliveries

STATES = ("waiting", "dead", "delivered", "dropped")


@click.group("outbox")
def outbox() -> None:
    """发件箱：查看投递、死信并重发。 See what is carried, what was given up, and send it again."""


@outbox.command("list")
@click.option("--state", type=click.Choice(STATES), default="waiting", help="状态 State")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, help="条数 How many, newest first")
def list_command(state: str, limit: int) -> None:
    """列出投递。 List deliveries: id, case, channel, tries, last outcome, next try."""
    with create_app(read_settings()).app_context(), reading() as snapshot:
        rows = deliveries.list_deliveries(snapshot, state, limit)
    for row in rows:
        click.echo(
            f"{row['id']}  {row['case_code']}  {row['channel']}  {row['tries']}  {row['outcome'] or '-'}  "
            f"{row['next_at'].isoformat(timespec='seconds')}"
        )
    click.echo(f"共 {len(rows)} 条。 {len(rows)} shown.", err=True)


@outbox.command("dead")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, help="条数 How many, newest first")
@click.pass_context
def dead_command(context: click.Context, limit: int) -> None:
    """列出死信：多次投递不成、已放弃的。 List dead letters: tried often enough and given up."""
    context.invoke(list_command, state="dead", limit=limit)


@outbox.command("again")
@click.argument("ids", type=click.UUID, nargs=-1)
@click.option("--all", "everything", is_flag=True, help="全部死信 Every dead letter")
def again_command(ids: tuple[uuid.UUID, ...], *, everything: bool) -> None:
    """重发死信（编号或 --all）。 Send dead letters again, by their ids or all."""
    if bool(ids) == everything:
        raise click.UsageError("请给出编号或 --all。 Give ids, or --all.")
    with create_app(read_settings()).app_context(), transaction() as tx:
        count = deliveries.send_again(tx, None if everything else list(ids), clock.now())
    click.echo(f"重新排入 {count} 条。 {count} will be sent again.")
