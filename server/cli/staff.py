"""Commands about people and units: accounts and roles, leave, duty rosters, units that end, desks of special grids."""

import csv
import uuid
from datetime import datetime
from pathlib import Path

import click

from server import clock
from server.cli.running import in_office
from server.db import transaction
from server.office import office
from server.rules.refusals import invalid
from server.services import places, staffing, sweep


@click.command("add-person")
@click.argument("account")
@click.argument("name")
@click.option("--role", type=click.Choice(staffing.ROLES), required=True, help="岗位 Role")
@click.option("--unit", help="单位编号 Unit id (member, leader)")
@click.option("--grid", help="网格编码 Grid code (grid_worker)")
@click.option("--area", help="区域编码 Area code (inspector)")
@click.option("--named", is_flag=True, help="专人：可办涉密事项 Named for sensitive cases")
@click.password_option(help="初始密码 First password")
@in_office
def add_person(account: str, name: str, password: str, role: str, *, named: bool, **standing: str | None) -> None:
    """新建账号并授权；首次登录须改密码。 Add an account with one grant; its password must be changed at first."""
    now = clock.now()
    with transaction() as tx:
        target = staffing.read_target(tx, role, **standing)
        person_id = staffing.add_person(tx, account, name, staffing.hash_password(password), must_change=True)
        staffing.grant(tx, person_id, role, now, target, named=named)
    click.echo(f"账号 {account} 已建立。 The account {account} is ready.")


@click.command("add-workers")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@click.password_option(help="共用的初始密码 First password, the same for all")
@in_office
def add_workers(path: Path, password: str) -> None:
    """为没有网格员的网格各建一个账号，名单写入 PATH。 Add one worker per grid without one; the list goes to PATH."""
    now: datetime = clock.now()
    with transaction() as tx:
        added = staffing.add_workers(tx, password, now)
        # Accounts that no list names are of no use: what cannot be written is not kept.
        try:
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([("account", "name", "grid"), *added])
        except OSError as trouble:
            raise click.FileError(str(path), trouble.strerror) from trouble
    click.echo(f"新建 {len(added)} 个账号。 Added {len(added)} accounts.")


@click.command("stand-in")
@click.argument("account")
@click.argument("stand_in")
@click.option("--from", "since", required=True, help="开始 From, e.g. 2026-12-01T08:00")
@click.option("--to", "until", required=True, help="结束 Until")
@in_office
def stand_in(account: str, stand_in: str, since: str, until: str) -> None:
    """安排 STAND_IN 在一段时间内代理 ACCOUNT 的岗位。 Let one person act for another who is on leave."""
    with transaction() as tx:
        person, other = staffing.person_of(tx, account), staffing.person_of(tx, stand_in)
        held = staffing.stand_in(tx, person, other, read_moment("from", since), read_moment("to", until))
    click.echo(f"{stand_in} 代理 {account} 的 {held} 个岗位。 {stand_in} holds {held} roles of {account}.")


@click.command("end-grant")
@click.argument("account")
@click.option("--role", type=click.Choice(staffing.ROLES), required=True, help="岗位 Role")
@click.option("--unit", help="单位编号 Unit id")
@click.option("--grid", help="网格编码 Grid code")
@click.option("--area", help="区域编码 Area code")
@in_office
def end_grant(account: str, role: str, **standing: str | None) -> None:
    """收回岗位；指派给此人的任务退回单位。 Take a role away; tasks named to the person go back to the unit."""
    with transaction() as tx:
        target = staffing.read_target(tx, role, **standing)
        ended = staffing.end_grants(tx, staffing.person_of(tx, account), role, target, clock.now())
    click.echo(f"收回 {ended} 项。 {ended} ended.")


@click.command("import-roster")
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@in_office
def import_roster(path: Path) -> None:
    """导入值班表（CSV：unit,account,from,to）。 Import a duty roster; all or nothing, the same file twice is fine."""
    with path.open(encoding="utf-8-sig", newline="") as file, transaction() as tx:
        shifts = 0
        for row in csv.DictReader(file):
            if not {"unit", "account", "from", "to"} <= row.keys():
                raise invalid("file", "表头应为 unit,account,from,to。", "The columns are unit,account,from,to.")
            unit = staffing.read_target(tx, "member", row["unit"], None, None).unit
            if unit is None:
                raise invalid("unit", f"没有单位 {row['unit']}。", f"There is no unit {row['unit']}.")
            person = staffing.person_of(tx, row["account"])
            staffing.put_on_duty(tx, unit, person, read_moment("from", row["from"]), read_moment("to", row["to"]))
            shifts += 1
    click.echo(f"值班 {shifts} 班。 {shifts} shifts.")


@click.command("end-unit")
@click.argument("unit", type=click.UUID)
@click.argument("successor", type=click.UUID)
@in_office
def end_unit(unit: uuid.UUID, successor: uuid.UUID) -> None:
    """撤销单位，由 SUCCESSOR 承接其全部事项。 End a unit; its successor takes over wherever it stood."""
    now = clock.now()
    with transaction() as tx:
        places.end_unit(tx, unit, successor, now)
    moved = sweep.succeed(unit, successor, now)
    click.echo(f"单位已撤销，承接 {moved} 件。 The unit has ended; {moved} cases moved.")


@click.command("add-desk")
@click.argument("grid")
@click.argument("name")
@in_office
def add_desk(grid: str, name: str) -> None:
    """为专属网格 GRID 设立自己的工作站。 Give a special grid a desk of its own, which receives its cases."""
    with transaction() as tx:
        village = places.village_of(tx, grid)
        unit = places.add_unit(tx, name, "desk", village)
        places.give_desk(tx, grid, unit)
    click.echo(f"工作站 {unit} 已设立。 The desk {unit} is ready.")


def read_moment(name: str, text: str) -> datetime:
    """A moment as an operator writes it; without an offset it is the office's own time.

    Raises:
        Refusal: `invalid` naming it.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(name, f"时间 {text} 无效。", f"{text} is no time.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=office().settings.timezone)


STAFF_COMMANDS: list[click.Command] = [add_person, add_workers, stand_in, end_grant, import_roster, end_unit, add_desk]
