"""The office's own commands, for whoever runs the machine: each opens the office, calls services, says what it did."""

import csv
import sys
from datetime import datetime
from pathlib import Path

import click

from geodata.rulebook import DEFAULT_FOLDER
from grids.codes import DEFAULT_SCHEME, GRID_SCHEMES
from grids.topology import LEAST_AREA_M2
from server import clock
from server.cli_office import in_office
from server.cli_staff import STAFF_COMMANDS
from server.config import SettingsError
from server.db import reading, transaction
from server.keys import make_keys, renew_push_key
from server.migrations import chain
from server.services import demo, doctor, imports, places, rulebook, staffing, sweep, verify


@click.command()
@in_office
def migrate() -> None:
    """升级数据库结构。 Bring the database to this version's schema."""
    chain.upgrade()
    with transaction() as tx:
        places.keep_changes_in_order(tx)
        rulebook.complete(tx)
    click.echo("数据库结构已是最新。 The database schema is up to date.")


@click.command("make-keys")
@click.argument("path", type=click.Path(path_type=Path))
def make_keys_file(path: Path) -> None:
    """生成密钥文件。 Write a new keys file; an existing one is never overwritten."""
    try:
        make_keys(path)
    except FileExistsError:
        raise SettingsError(f"The file {path} exists; keys are never overwritten.") from None
    click.echo(f"密钥已写入 {path}，请另行备份。 Keys written to {path}; back them up apart from the data.")


@click.command("make-push-key")
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def make_push_key(path: Path) -> None:
    """为密钥文件换一把推送密钥。 Put a new push key into a keys file.

    手机下次打开应用时自动重新订阅；在此之前收不到推送，收件箱不受影响。

    Phones subscribe anew when the app is next opened; until then they get no push, and the inbox has everything.
    """
    renew_push_key(path)
    click.echo(
        f"推送密钥已换，请把 {path} 发到每台主机并重启服务。 Give {path} to every host and restart its services."
    )


@click.command("load-rules")
@click.option("--folder", type=click.Path(path_type=Path, exists=True, file_okay=False), default=DEFAULT_FOLDER)
@in_office
def load_rules(folder: Path) -> None:
    """载入规则库（类别、时限、节假日、原因、班次）。 Load a folder of rule book files."""
    with transaction() as tx:
        rulebook.load(tx, folder)
    moved = sweep.recount_all(clock.now())
    if moved:
        click.echo(f"{moved} 件事项的时限随日历调整。 The clocks of {moved} cases follow the calendar.")
    click.echo("规则库已载入。 The rule book is in force.")


@click.command("demo")
@in_office
def load_demo() -> None:
    """载入演示县。 Load the demonstration county; nothing happens when it is there."""
    with transaction() as tx:
        if demo.is_loaded(tx):
            click.echo("演示县已载入。 The demonstration county is there already.")
            return
        demo.load(tx, clock.now())
    click.echo("演示县已载入。 The demonstration county is loaded.")


@click.command("demo-cases")
@click.argument("count", type=click.IntRange(1, 100_000))
@in_office
def demo_cases(count: int) -> None:
    """上报 COUNT 件演示事项。 File COUNT plausible reports through the same services as everyone."""
    with reading() as snapshot:
        if not demo.is_loaded(snapshot):
            raise SettingsError("The demonstration county is not loaded; run `gridloop demo` first.")
    with click.progressbar(length=count, label="上报 Filing", file=sys.stderr) as bar:
        demo.file_history(count, clock.now(), lambda done: bar.update(done - bar.pos))
    click.echo(f"已上报 {count} 件。 Filed {count} reports.")


@click.command("import-areas")
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="只检查，不写入 Check only")
@in_office
def import_areas(path: Path, *, dry_run: bool) -> None:
    """导入区划代码（CSV：code12,name,level,parent12）。 Import place codes from a CSV file."""
    _report(imports.import_areas(path, dry_run=dry_run), dry_run=dry_run)


@click.command("import-grids")
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--crs", help="坐标系：wgs84、gcj02、bd09、cgcs2000 或 EPSG:4549 等 Coordinate system of the file")
@click.option("--scheme", type=click.Choice(list(GRID_SCHEMES)), default=DEFAULT_SCHEME, help="编码规则 Code scheme")
@click.option("--least-area", type=float, default=LEAST_AREA_M2, help="列出不小于该面积（平方米）的重叠和空隙 m²")
@click.option("--dry-run", is_flag=True, help="只检查，不写入 Check only")
@in_office
def import_grids(path: Path, crs: str | None, scheme: str, least_area: float, *, dry_run: bool) -> None:
    """导入网格边界（GeoJSON、GeoPackage、Shapefile）。 Import grid boundaries; all or nothing."""
    with click.progressbar(length=1, label="读取 Reading", file=sys.stderr) as bar:

        def show(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        outcome = imports.import_grids(
            path, clock.now(), crs=crs, scheme=scheme, least_m2=least_area, dry_run=dry_run, progress=show
        )
    _report(outcome, dry_run=dry_run)


@click.command("doctor")
@in_office
def examine() -> None:
    """检查开工前还缺什么。 Say what is missing before people can work."""
    with reading() as snapshot:
        remarks = doctor.examine(snapshot, clock.now())
    for remark in remarks:
        click.echo(f"{'✗' if remark.severity == 'error' else '!'} {remark.zh}\n  {remark.en}")
    if any(remark.severity == "error" for remark in remarks):
        sys.exit(1)
    click.echo("可以开工。 People can work.")


@click.command("add-centres")
@in_office
def add_centres() -> None:
    """为没有综治中心的区域各建一个。 Give every area without one its centre."""
    with transaction() as tx:
        added = places.add_missing_centres(tx)
    click.echo(f"新建 {added} 个。 Added {added}.")


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
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("account", "name", "grid"), *added])
    click.echo(f"新建 {len(added)} 个账号。 Added {len(added)} accounts.")


@click.command("verify-log")
@in_office
def verify_log() -> None:
    """核对全部流转记录，并写下新的锚点。 Check the whole log against itself; when it is whole, write an anchor."""
    with reading() as snapshot:
        faults = [fault for fault in verify.check_cases(snapshot) if fault is not None]
        faults += verify.check_anchors(snapshot)
    for fault in faults:
        click.echo(f"{fault.where}\n  {fault.zh}\n  {fault.en}", err=True)
    if faults:
        sys.exit(1)
    with transaction() as tx:
        anchored = verify.write_anchor(tx, clock.now())
    click.echo(f"流转记录完整，新锚定 {anchored} 步。 The log is whole; {anchored} steps newly anchored.")


def _report(outcome: imports.Outcome, *, dry_run: bool) -> None:
    """Print findings and what changed; errors end the command with exit code 1."""
    for finding in outcome.findings:
        place = finding.where or (f"第 {finding.line} 行 line {finding.line}" if finding.line else "")
        click.echo(f"{finding.severity} {finding.code} {place}\n  {finding.zh}\n  {finding.en}")
    if not imports.is_allowed(outcome.findings):
        click.echo("有错误，未导入任何内容。 There are errors; nothing was imported.", err=True)
        sys.exit(1)
    said = "试运行，未写入。 Dry run, nothing written." if dry_run else "已导入。 Imported."
    click.echo(f"{outcome.changes}\n{said if outcome.done or dry_run else '没有变化。 Nothing changed.'}")


COMMANDS: list[click.Command] = [
    migrate, make_keys_file, make_push_key, load_rules, load_demo, demo_cases, import_areas, import_grids, add_centres,
    add_person, add_workers, examine, verify_log, *STAFF_COMMANDS,
]  # fmt: skip
