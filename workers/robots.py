"""`gridloop robot`: which chat groups hear of urgent cases that nobody has taken on."""

import uuid

import click

from server import clock, create_app
from server.config import SettingsError, read_settings
from server.db import transaction
from server.office import office
from server.services import access, reach
from workers.channels.robots import find_robot


@click.group("robot")
def robot() -> None:
    """群机器人：紧急事项无人签收时在群里提醒。 Robots that call out in a unit's chat group."""


@robot.command("add")
@click.argument("unit", type=click.UUID)
@click.argument("kind", type=click.Choice(reach.ROBOTS))
@click.option("--key", prompt="机器人地址中的密钥 Key at the end of the robot's address", hide_input=True)
def add_command(unit: uuid.UUID, kind: str, key: str) -> None:
    """为单位登记一个机器人。 Give a unit a robot; its key is sealed. DingTalk with a signature: SIGNATURE@TOKEN."""
    if find_robot(kind, key) is None:
        raise SettingsError(f"This cannot be the key of a robot of kind {kind}.")
    with create_app(read_settings()).app_context(), transaction() as tx:
        if not access.unit_exists(tx, unit):
            raise SettingsError(f"There is no unit {unit}.")
        robot_id = reach.add_robot(tx, office().keys, unit, kind, key)
    click.echo(f"已登记 {robot_id}。 The robot {robot_id} is ready.")


@robot.command("end")
@click.argument("robot_id", type=click.UUID)
def end_command(robot_id: uuid.UUID) -> None:
    """停用一个机器人。 It is told nothing any more."""
    with create_app(read_settings()).app_context(), transaction() as tx:
        if not reach.end_robot(tx, robot_id, clock.now()):
            raise SettingsError(f"There is no robot {robot_id}.")
    click.echo("已停用。 Ended.")
