"""Commands about the books themselves: schema, keys, rule book, the demonstration, the proof of the log."""

import sys
from pathlib import Path

import click

from geodata.rulebook import DEFAULT_FOLDER
from server import clock
from server.cli.running import in_office
from server.config import SettingsError
from server.db import reading, transaction
from server.keys import make_keys, renew_push_key
from server.migrations import chain
from server.services import demo, doctor, places, rulebook, sweep, verify


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


BOOK_COMMANDS: list[click.Command] = [
    migrate, make_keys_file, make_push_key, load_rules, load_demo, demo_cases, examine, verify_log,
]  # fmt: skip
