"""Commands that bring places in: areas, grids, centres."""

import sys
from pathlib import Path

import click

from grids.codes import DEFAULT_SCHEME, GRID_SCHEMES
from grids.topology import LEAST_AREA_M2
from server import clock
from server.cli.running import in_office
from server.db import transaction
from server.services import imports, places


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


@click.command("add-centres")
@in_office
def add_centres() -> None:
    """为没有综治中心的区域各建一个。 Give every area without one its centre."""
    with transaction() as tx:
        added = places.add_missing_centres(tx)
    click.echo(f"新建 {added} 个。 Added {added}.")


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


AREA_COMMANDS: list[click.Command] = [import_areas, import_grids, add_centres]
